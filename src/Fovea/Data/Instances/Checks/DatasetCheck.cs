using System.IO.Hashing;

namespace Fovea.Data;

/// <summary>Figures of a data set, and all that is wrong with it. Every image is decoded once.</summary>
/// <param name="Form">Form of the annotations; null for a set of images with one class each, or one for each pixel.</param>
/// <param name="Parts">Figures of each part.</param>
/// <param name="Problems">Problems, each with its count and the first places.</param>
public sealed record DatasetCheck(AnnotationForm? Form, IReadOnlyList<PartCheck> Parts, IReadOnlyList<DataProblem> Problems)
{
    /// <summary>True for a set of images whose pixels have classes.</summary>
    public bool HasLabelMaps { get; init; }

    /// <summary>Checks a set of images whose pixels have classes.</summary>
    /// <param name="parts">The opened set.</param>
    /// <param name="progress">Takes the number of images that were looked at; null where nobody asks.</param>
    /// <param name="cancellation">Stops the check.</param>
    public static DatasetCheck Of(SegmentationParts parts, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Walk walk = new(progress, cancellation);
        walk.Problems.Add(parts.Problems);
        PartCheck[] checks = [.. parts.Named.Select(part => walk.Look(
            part.Name, part.Images.Classes, part.Images, part.Images is SegmentationDataset own ? own.Check : Reader(part.Images)))];
        return walk.Finish(null, checks) with { HasLabelMaps = true };
    }

    /// <summary>Checks a set of images with objects.</summary>
    /// <param name="parts">The opened set.</param>
    /// <param name="progress">Takes the number of images that were looked at; null where nobody asks.</param>
    /// <param name="cancellation">Stops the check.</param>
    public static DatasetCheck Of(InstanceParts parts, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Walk walk = new(progress, cancellation);
        walk.Problems.Add(parts.Problems);
        PartCheck[] checks = [.. parts.Named.Select(part => walk.Look(
            part.Name, part.Images.Classes, part.Images, ((InstanceDataset)part.Images).Check))];
        return walk.Finish(parts.Form, checks);
    }

    /// <summary>Checks a set of images with one class each.</summary>
    /// <param name="parts">The opened set.</param>
    /// <param name="progress">Takes the number of images that were looked at; null where nobody asks.</param>
    /// <param name="cancellation">Stops the check.</param>
    public static DatasetCheck Of(DatasetParts parts, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Walk walk = new(progress, cancellation);
        PartCheck[] checks =
            [.. parts.Named.Select(part => walk.Look(part.Name, part.Images.Classes, part.Images, Reader(part.Images)))];
        return walk.Finish(null, checks);
    }

    private static Func<int, DataProblems, Image?> Reader(ISampleSource images) => (index, problems) =>
    {
        try
        {
            return images.Load(index);
        }
        catch (InvalidImageException error)
        {
            problems.Add(DataProblemKind.UnreadableImage, error.Message.TrimEnd('.'));
            return null;
        }
    };

    /// <summary>A walk over the images of all parts.</summary>
    private sealed class Walk(Action<int>? progress, CancellationToken cancellation)
    {
        private readonly Dictionary<UInt128, (string Part, string Name)> _seen = [];
        private int _done;

        public DataProblems Problems { get; } = new();

        /// <summary>Looks at a part; images are decoded side by side, and counted in their order.</summary>
        public PartCheck Look(string name, IReadOnlyList<string> classes, ISampleSource images, Func<int, DataProblems, Image?> read)
        {
            (DataProblems Problems, ImageSize? Size, UInt128 Hash)[] looks = new (DataProblems, ImageSize?, UInt128)[images.Count];
            Parallel.For(0, images.Count, new ParallelOptions { CancellationToken = cancellation }, index =>
            {
                DataProblems problems = new();
                Image? image = read(index, problems);
                looks[index] = image is null
                    ? (problems, null, default)
                    : (problems, new ImageSize(image.Width, image.Height), XxHash128.HashToUInt128(image.Pixels, image.Width));
                progress?.Invoke(Interlocked.Increment(ref _done));
            });
            PartCount count = new(classes);
            for (int index = 0; index < looks.Length; index++)
            {
                Problems.Add(looks[index].Problems.Found);
                if (looks[index].Size is ImageSize size)
                {
                    count.Sizes.Add(size);
                    NoteRepetition(name, images.NameOf(index), looks[index].Hash);
                }

                count.Add(images, index);
            }

            return count.ToCheck(name, images.Count);
        }

        public DatasetCheck Finish(AnnotationForm? form, PartCheck[] parts)
        {
            foreach (ClassCount empty in parts[0].Classes.Where(one => form is null ? one.Images == 0 : one.Objects == 0))
            {
                Problems.Add(DataProblemKind.EmptyClass, empty.Name);
            }

            return new DatasetCheck(form, parts, Problems.Found);
        }

        private void NoteRepetition(string part, string name, UInt128 hash)
        {
            if (!_seen.TryGetValue(hash, out (string Part, string Name) first))
            {
                _seen.Add(hash, (part, name));
                return;
            }

            bool isShared = first.Part != part;
            Problems.Add(
                isShared ? DataProblemKind.SharedImage : DataProblemKind.RepeatedImage,
                isShared ? $"{first.Part}: {first.Name} and {part}: {name}" : $"{first.Name} and {name}");
        }
    }
}
