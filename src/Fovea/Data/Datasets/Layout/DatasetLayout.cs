namespace Fovea.Data;

/// <summary>The folders of a data set's parts: each holds the class folders of its part.</summary>
/// <param name="Training">The training part, or the whole of a set without parts.</param>
/// <param name="Validation">The validation part, or null.</param>
/// <param name="Test">The test part, or null.</param>
internal sealed record DatasetLayout(FolderTree Training, FolderTree? Validation, FolderTree? Test)
{
    /// <summary>Works out where parts and classes are, and says what is passed over or looks like a mistake.</summary>
    /// <param name="root">The folder or archive.</param>
    /// <param name="location">Its path, for messages.</param>
    /// <param name="notes">Takes the sentences.</param>
    /// <exception cref="InvalidDatasetException">Several folders could be one part.</exception>
    public static DatasetLayout Read(FolderTree root, string location, List<string> notes)
    {
        FolderTree at = root;
        while (true)
        {
            if (Parts(at, location, notes) is DatasetLayout parts)
            {
                return parts;
            }

            if (at.OnlyFolder is not FolderTree inner)
            {
                break;
            }

            at = inner;
        }

        WarnOfOneLevelTooHigh(at, location, notes);
        return new DatasetLayout(at, null, null);
    }

    /// <summary>The parts among the folders right inside one; null where these are classes or something else.</summary>
    private static DatasetLayout? Parts(FolderTree at, string location, List<string> notes)
    {
        FolderTree[] filled = [.. at.FilledFolders];
        FolderTree? training = Find(filled, Part.Training, location, folder => folder.ClassRoot().HoldsClasses);
        if (training is null)
        {
            return null;
        }

        FolderTree? validation = Find(filled, Part.Validation, location);
        FolderTree? test = Find(filled, Part.Test, location);
        FolderTree[] others = [.. filled.Where(folder => folder != training && folder != validation && folder != test)];
        bool areParts = validation is not null || test is not null || others.Length == 0
            || Array.TrueForAll(others, folder => PartNames.Of(folder.Name) == Part.Unlabelled);
        if (!areParts)
        {
            // A vehicle may be a class beside others; but not with class folders of its own beside a few loose images.
            if (others.Length > 1 || others[0].HoldsClasses)
            {
                return null;
            }
        }

        if (others.Length > 0)
        {
            notes.Add(
                $"{Names(others)} beside {training.Name}/ {(others.Length == 1 ? "is no part" : "are no parts")} of the set: passed over.");
        }

        if (at.Images.Count > 0)
        {
            notes.Add(Loose(at));
        }

        FolderTree root = training.ClassRoot();
        return new DatasetLayout(root, Labelled(validation, root, notes), Labelled(test, root, notes));
    }

    /// <summary>The class root of a part, where it has classes of the training part; otherwise null, with a note.</summary>
    private static FolderTree? Labelled(FolderTree? part, FolderTree training, List<string> notes)
    {
        if (part is null)
        {
            return null;
        }

        FolderTree root = part.ClassRoot();
        string[] known = [.. training.FilledFolders.Select(folder => ClassNames.Key(folder.Name))];
        string[] own = [.. root.FilledFolders.Select(folder => folder.Name)];
        if (Array.Exists(own, name => known.Contains(ClassNames.Key(name))))
        {
            return root;
        }

        notes.Add(own.Length == 0
            ? $"{part.Name}/ has {part.Count} images but no class folders, so nothing can be measured on them: passed over."
            : $"{part.Name}/ has none of the classes in {training.Name}/ (its folders are {ClassNames.List(own)}): passed over.");
        return null;
    }

    private static FolderTree? Find(FolderTree[] folders, Part part, string location, Func<FolderTree, bool>? fits = null)
    {
        FolderTree[] found = [.. folders.Where(folder => PartNames.Of(folder.Name) == part && (fits?.Invoke(folder) ?? true))];
        FolderTree[] exact = [.. found.Where(folder => PartNames.IsExact(folder.Name))];
        return (exact.Length > 0 ? exact : found) switch
        {
            [] => null,
            [FolderTree one] => one,
            FolderTree[] several => throw new InvalidDatasetException(
                location,
                $"{Names(several)} all look like the {part.ToString().ToLowerInvariant()} part. "
                + "Give one of them by itself, or take the others out."),
        };
    }

    private static void WarnOfOneLevelTooHigh(FolderTree at, string location, List<string> notes)
    {
        FolderTree[] classes = [.. at.FilledFolders];
        foreach (FolderTree folder in classes.Where(folder => PartNames.Of(folder.Name) == Part.Training && folder.HoldsClasses))
        {
            notes.Add(
                $"{folder.Name}/ is taken for a class, though it holds folders of its own ({ClassNames.List(Inside(folder))}). "
                + $"If these are the classes, give {location}/{string.Join('/', folder.Path)}.");
            return;
        }

        if (classes.Length > 1 && Array.TrueForAll(classes, folder => folder.HoldsClasses))
        {
            string[] common = [.. Inside(classes[0]).Where(name => Array.TrueForAll(classes, folder => Inside(folder).Contains(name)))];
            if (common.Length > 1)
            {
                notes.Add(
                    $"each of {ClassNames.List([.. classes.Select(folder => folder.Name)])} holds the folders {ClassNames.List(common)}: "
                    + "if these are the classes, the folder given is one level too high; "
                    + $"give {location}/{string.Join('/', classes[0].Path)} and its like.");
            }
        }

        if (classes.Length > 0 && at.Images.Count > 0)
        {
            notes.Add(Loose(at));
        }
    }

    private static string[] Inside(FolderTree folder) => [.. folder.FilledFolders.Select(inner => inner.Name)];

    private static string Loose(FolderTree at) =>
        $"{(at.Images.Count == 1 ? "1 image lies" : $"{at.Images.Count} images lie")} beside the class folders: passed over "
        + $"('{at.Images[0].Path[^1]}'{(at.Images.Count > 1 ? ", …" : "")}).";

    private static string Names(FolderTree[] folders) =>
        ClassNames.List([.. folders.Select(folder => folder.Name + "/")]);
}
