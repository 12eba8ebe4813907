using System.Text;
using Fovea.Collectives;
using Fovea.Engine;

namespace Fovea.Tests.Collectives;

/// <summary>Sums, copies and failures among ranks that are threads.</summary>
public sealed class CollectiveTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(8)]
    public void Every_rank_has_the_sums_of_the_tree_to_the_last_bit(int size)
    {
        float[][] values = [.. Enumerable.Range(0, size).Select(rank => Draw(1001, (ulong)rank))];
        float[] expected = TreeSum(values);
        Assert.False(size > 3 && expected.SequenceEqual(Sequential(values)), "These values do not tell orders apart.");
        ThreadCollective.Run(size, ranks =>
        {
            float[] sums = [.. values[ranks.Rank]];
            ranks.AllReduce(sums);
            Assert.Equal(expected, sums);
        });
    }

    [Fact]
    public void Blocks_longer_than_a_piece_and_shorter_than_the_number_of_ranks_are_summed_too()
    {
        ThreadCollective.Run(4, ranks =>
        {
            foreach (int length in new[] { 0, 1, 3, (1 << 20) + 5 })
            {
                double[] sums = [.. Enumerable.Range(0, length).Select(i => (double)(i * (ranks.Rank + 1)))];
                ranks.AllReduce(sums);
                Assert.Equal(Enumerable.Range(0, length).Select(i => 10.0 * i), sums);
            }
        });
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    [InlineData(8, 0)]
    public void One_rank_shares_with_all_and_all_gather_from_each(int size, int root)
    {
        ThreadCollective.Run(size, ranks =>
        {
            Assert.Equal($"from {root}", ranks.Share($"from {ranks.Rank}", root));
            float[] numbers = [ranks.Rank, 1, 2];
            ranks.Broadcast(numbers, root);
            Assert.Equal([root, 1, 2], numbers);
            IReadOnlyList<byte[]> gathered = ranks.Gather(Encoding.UTF8.GetBytes(new string('x', ranks.Rank)));
            Assert.Equal(Enumerable.Range(0, size), gathered.Select(bytes => bytes.Length));
        });
    }

    [Fact]
    public void Nobody_passes_a_barrier_before_the_last_has_come()
    {
        int arrived = 0;
        ThreadCollective.Run(5, ranks =>
        {
            for (int round = 1; round <= 20; round++)
            {
                Interlocked.Increment(ref arrived);
                ranks.Barrier();
                Assert.InRange(Volatile.Read(ref arrived), round * 5, (round * 5) + 4);
                ranks.Barrier();
            }
        });
    }

    [Fact]
    public void A_rank_that_fails_ends_the_wait_of_the_others()
    {
        int ended = 0;
        Assert.Throws<FormatException>(() => ThreadCollective.Run(4, ranks =>
        {
            if (ranks.Rank == 2)
            {
                throw new FormatException();
            }

            Assert.Throws<CollectiveException>(ranks.Barrier);
            Interlocked.Increment(ref ended);
        }));
        Assert.Equal(3, ended);
    }

    private static float[] Draw(int count, ulong seed)
    {
        KeyedRandom random = new(seed, 1);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)random.NextNormal();
        }

        return values;
    }

    private static float[] Sequential(float[][] values) => values.Aggregate(Add);

    /// <summary>Adds neighbours, then neighbours of those sums, and so on; one without a neighbour is passed on.</summary>
    private static float[] TreeSum(float[][] values) => values.Length == 1
        ? values[0]
        : TreeSum([.. values.Chunk(2).Select(pair => pair.Length == 1 ? pair[0] : Add(pair[0], pair[1]))]);

    private static float[] Add(float[] one, float[] other) => [.. one.Zip(other, (a, b) => a + b)];
}
