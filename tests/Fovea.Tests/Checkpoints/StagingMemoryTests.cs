using Fovea.Checkpoints;
using Fovea.Engine.Graph;
using Fovea.Layers;

namespace Fovea.Tests.Checkpoints;

public sealed class StagingMemoryTests
{
    [Fact]
    public void Pieces_of_any_size_are_zeroed_and_do_not_overlap()
    {
        using StagingMemory lent = new();
        Memory<float>[] pieces = [.. ((int[])[5, 16, 0, 17, 3_000_000, 1_500_000, 5_000_000, 1]).Select(lent.Take)];
        for (int i = 0; i < pieces.Length; i++)
        {
            Assert.Equal(-1, pieces[i].Span.IndexOfAnyExcept(0f));
            pieces[i].Span.Fill(i + 1);
        }

        for (int i = 0; i < pieces.Length; i++)
        {
            Assert.Equal(-1, pieces[i].Span.IndexOfAnyExcept(i + 1f));
        }
    }

    [Theory]
    [InlineData(TensorLayout.ChannelsLast)]
    [InlineData(TensorLayout.Unfolded)]
    public void Convolution_weights_are_reordered_for_every_number_of_channels(TensorLayout layout)
    {
        const int outputs = 2, height = 2, width = 3;
        for (int channels = 1; channels < 20; channels++)
        {
            Shape stored = [outputs, height, width, channels];
            float[] file = [.. Enumerable.Range(0, (int)stored.Elements).Select(i => (float)i)];
            float[] engine = new float[file.Length];
            layout.FromCheckpoint(stored, file, engine);
            for (int i = 0; i < engine.Length; i++)
            {
                (int rest, int channel) = Math.DivRem(i, channels);
                (int output, int place) = Math.DivRem(rest, height * width);
                Assert.Equal(file[(((output * channels) + channel) * height * width) + place], engine[i]);
            }

            float[] back = new float[file.Length];
            layout.ToCheckpoint(stored, engine, back);
            Assert.Equal(file, back);
        }
    }
}
