namespace Fovea;

/// <summary>Way out of an error, as data: a program can act on it, or put it into words of its own.</summary>
/// <remarks>
/// The set is closed: the records nested here are all there are. <see cref="Text"/> words a remedy in terms of this library.
/// </remarks>
public abstract record Remedy
{
    private Remedy()
    {
    }

    /// <summary>Remedy in terms of this library: a whole sentence.</summary>
    public abstract string Text { get; }

    /// <summary>Returns <see cref="Text"/>.</summary>
    public sealed override string ToString() => Text;

    /// <summary>Advice that no member of the library stands for.</summary>
    /// <param name="Sentence">Whole sentence.</param>
    public sealed record Advice(string Sentence) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => Sentence;
    }

    /// <summary>Name the model that a checkpoint belongs to.</summary>
    /// <param name="Candidates">Registered names that come into question, the likeliest first; empty where nothing is like it.</param>
    /// <param name="Agreement">
    /// Share of names and shapes that agree with the first of them, from 0 to 1; null where that does not matter.
    /// </param>
    public sealed record ChooseModel(IReadOnlyList<string> Candidates, double? Agreement = null) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => Candidates.Count == 0
            ? "Check that it holds weights of one of ModelRegistry.Names."
            : $"{Reason}Set ImportOptions.Model to {string.Join(" or ", Candidates)}.";

        /// <summary>Sentence on why the first candidate is named, with a space behind; empty where no agreement is given.</summary>
        public string Reason => Agreement is double share
            ? FormattableString.Invariant($"It is rather a {Candidates[0]}, with which {100 * share:0.#} % of names and shapes agree. ")
            : "";
    }

    /// <summary>Say which of a file's dictionaries of tensors is meant.</summary>
    /// <param name="KeyPaths">Keys on the way to each, such as <c>model_ema</c>; empty where the file is one dictionary.</param>
    public sealed record ChooseWeights(IReadOnlyList<string> KeyPaths) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => KeyPaths.Count == 0
            ? "The file is one dictionary: leave ImportOptions.Weights null."
            : $"Set ImportOptions.Weights to one of its dictionaries: {List}.";

        /// <summary>
        /// Key paths in quotes with commas between; a name from a file may hold anything, so that control characters are left out.
        /// </summary>
        public string List => string.Join(", ", KeyPaths.Select(ExceptionText.Quote));
    }

    /// <summary>Give the number of classes, for a fresh classifier.</summary>
    /// <param name="Count">Number of classes; null where any will do.</param>
    public sealed record SetClasses(int? Count = null) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => Count is int count
            ? $"ImportOptions.Classes = {count} makes a fresh classifier for {count} classes, to be trained."
            : "ImportOptions.Classes makes a fresh classifier for as many classes, to be trained.";
    }

    /// <summary>Keep the size of images that a checkpoint was made for.</summary>
    public sealed record KeepSize : Remedy
    {
        /// <inheritdoc/>
        public override string Text => "This model's tables are not carried to another size: leave ImportOptions.Size null.";
    }

    /// <summary>Diagnose a checkpoint, for all that stands in its way.</summary>
    /// <param name="Path">File name of the checkpoint.</param>
    public sealed record Diagnose(string Path) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => "CheckpointDiagnosis.Problems tells all.";
    }

    /// <summary>Find objects with a checkpoint that was taken for one of another task.</summary>
    /// <param name="Path">File name of the checkpoint.</param>
    public sealed record DetectObjects(string Path) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => "It finds objects: take Detector.Load.";
    }

    /// <summary>Segment images with a checkpoint that was taken for one of another task.</summary>
    /// <param name="Path">File name of the checkpoint.</param>
    public sealed record SegmentImages(string Path) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => "It tells the class of every pixel: take Segmenter.Load.";
    }

    /// <summary>Classify images with a checkpoint that was taken for one of another task.</summary>
    /// <param name="Path">File name of the checkpoint.</param>
    public sealed record ClassifyImages(string Path) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => "It tells the classes of images: take Classifier.Load.";
    }

    /// <summary>Continue the run that a folder holds, or give up its files.</summary>
    /// <param name="IsRun">True if the folder holds a run that can be continued.</param>
    public sealed record ResumeOrOverwrite(bool IsRun = true) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => IsRun
            ? "Choose another folder, continue that run with RunFolder.Open, or replace it with RunFolder.Create(path, overwrite: true)."
            : "Choose another folder, or replace such files with RunFolder.Create(path, overwrite: true).";
    }

    /// <summary>Raise the limit on the size of images, for one that is honestly so large.</summary>
    /// <param name="Pixels">Pixels that the image announces.</param>
    public sealed record RaiseImageLimit(long Pixels) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => "Make it smaller first, or raise Image.MaxPixels if you trust the file.";
    }

    /// <summary>Pass over images that cannot be read.</summary>
    /// <param name="Count">Number of them so far.</param>
    public sealed record PassOverUnreadable(int Count) : Remedy
    {
        /// <inheritdoc/>
        public override string Text =>
            $"MaxUnreadable of {Count} or more passes over such images, in TrainingOptions, EvaluationOptions or FaithfulnessOptions.";
    }

    /// <summary>Evaluate over the classes that model and set have in common.</summary>
    /// <param name="Count">Number of common classes.</param>
    public sealed record TakeCommonClasses(int Count) : Remedy
    {
        /// <inheritdoc/>
        public override string Text =>
            $"EvaluationOptions.CommonClasses evaluates over the {Count} classes that both have.";
    }

    /// <summary>Choose another method, layer, class and so on for an explanation.</summary>
    /// <param name="Member">Member of <c>ExplanationOptions</c>.</param>
    /// <param name="Values">Values that would do; empty where it is to be left out.</param>
    public sealed record ChooseExplanation(string Member, IReadOnlyList<string> Values) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => Values.Count == 0
            ? $"Leave ExplanationOptions.{Member} out."
            : $"Set ExplanationOptions.{Member} to {List}.";

        /// <summary>Values with commas and an "or" between.</summary>
        public string List => Values.Count == 1 ? Values[0] : $"{string.Join(", ", Values.SkipLast(1))} or {Values[^1]}";
    }

    /// <summary>Explain the answers of a checkpoint whose model has no head, after giving it one.</summary>
    /// <param name="Path">File name of the checkpoint.</param>
    public sealed record GiveHead(string Path) : Remedy
    {
        /// <inheritdoc/>
        public override string Text => "Give it a head with Model.WithHead, and train that.";
    }
}
