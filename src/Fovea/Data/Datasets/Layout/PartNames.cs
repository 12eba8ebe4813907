namespace Fovea.Data;

/// <summary>A part of a data set.</summary>
internal enum Part
{
    /// <summary>Images to train on.</summary>
    Training,

    /// <summary>Images that choose the best epoch.</summary>
    Validation,

    /// <summary>Images that measure the result.</summary>
    Test,

    /// <summary>Images without labels, to be predicted.</summary>
    Unlabelled,
}

/// <summary>The names that people give to the folders and files of a data set's parts.</summary>
internal static class PartNames
{
    private static readonly Dictionary<string, Part> _words = new(StringComparer.Ordinal)
    {
        ["train"] = Part.Training,
        ["training"] = Part.Training,
        ["trainset"] = Part.Training,
        ["trainingset"] = Part.Training,
        ["val"] = Part.Validation,
        ["valid"] = Part.Validation,
        ["validation"] = Part.Validation,
        ["valset"] = Part.Validation,
        ["validationset"] = Part.Validation,
        ["dev"] = Part.Validation,
        ["test"] = Part.Test,
        ["testing"] = Part.Test,
        ["testset"] = Part.Test,
        ["t10k"] = Part.Test,
        ["pred"] = Part.Unlabelled,
        ["predict"] = Part.Unlabelled,
        ["prediction"] = Part.Unlabelled,
        ["predictions"] = Part.Unlabelled,
        ["unlabeled"] = Part.Unlabelled,
        ["unlabelled"] = Part.Unlabelled,
        ["sample"] = Part.Unlabelled,
        ["samples"] = Part.Unlabelled,
    };

    /// <summary>The part that a name stands for, such as "val" or "seg_train"; null where it does not sound like one.</summary>
    /// <param name="name">A folder's or file's name.</param>
    public static Part? Of(string name)
    {
        Part? found = null;
        foreach (string word in Words(name))
        {
            if (_words.TryGetValue(word, out Part part))
            {
                // "train_test" says nothing.
                if (found is not null && found != part)
                {
                    return null;
                }

                found = part;
            }
        }

        return found;
    }

    /// <summary>True if a name is that of a part and nothing else, such as "val" but not "seg_val".</summary>
    /// <param name="name">A folder's name.</param>
    public static bool IsExact(string name) => _words.ContainsKey(name.ToLowerInvariant());

    /// <summary>The words of a name, in small letters.</summary>
    /// <param name="name">A folder's or file's name.</param>
    public static string[] Words(string name) =>
        name.ToLowerInvariant().Split(['_', '-', ' ', '.'], StringSplitOptions.RemoveEmptyEntries);
}
