using Fovea.Data;

namespace Fovea.Cli;

/// <summary>Words for the library's remedies in terms of the command's verbs and options: the one place that knows both.</summary>
internal static class RemedyText
{
    /// <summary>Words an error with its remedies.</summary>
    public static string Of(FoveaException error) => error.Explain(Of);

    /// <summary>Words a remedy: a whole sentence.</summary>
    public static string Of(Remedy remedy) => remedy switch
    {
        Remedy.ChooseModel { Candidates.Count: 0 } => "Check that it holds weights of one of the models that 'fovea models' lists.",
        Remedy.ChooseModel choose => $"{choose.Reason}Say so with --model {string.Join(" or --model ", choose.Candidates)}.",
        Remedy.ChooseWeights { KeyPaths.Count: 0 } => "The file is one dictionary: leave out --weights.",
        Remedy.ChooseWeights choose => $"Choose one of its dictionaries with --weights: {choose.List}.",
        Remedy.SetClasses { Count: int count } => $"--classes {count} makes a fresh classifier for {count} classes, to be trained.",
        Remedy.SetClasses => "--classes N makes a fresh classifier for N classes, to be trained.",
        Remedy.KeepSize => "This model's tables are not carried to another size: leave out --size.",
        Remedy.Diagnose diagnose => $"'fovea doctor {diagnose.Path}' tells all.",
        Remedy.DetectObjects detect => $"It finds objects: 'fovea detect {detect.Path} IMAGE'.",
        Remedy.SegmentImages segment => $"It tells the class of every pixel: 'fovea segment {segment.Path} IMAGE --out DIR'.",
        Remedy.ClassifyImages classify => $"It tells the classes of images: 'fovea predict {classify.Path} IMAGE'.",
        Remedy.ResumeOrOverwrite { IsRun: false } => "Choose another folder, or replace such files with --overwrite.",
        Remedy.ResumeOrOverwrite => "Choose another folder, continue that run with --resume, or replace it with --overwrite.",
        Remedy.RaiseImageLimit { Pixels: > Image.LargestMaxPixels } => "Make it smaller first; --max-pixels cannot be raised so far.",
        Remedy.RaiseImageLimit raise => $"Make it smaller first, or give --max-pixels {raise.Pixels} if you trust the file.",
        Remedy.PassOverUnreadable over => $"--max-bad {over.Count} or more passes over such images.",
        Remedy.TakeCommonClasses common => $"--classes common evaluates over the {common.Count} classes that both have.",
        Remedy.ChooseExplanation { Values.Count: 0 } leave => $"Leave out {OptionOf(leave.Member)}.",
        Remedy.ChooseExplanation choose => $"Give {OptionOf(choose.Member)} {choose.List}.",
        Remedy.GiveHead give => $"'fovea train --from {give.Path}' gives it one and trains it.",
        _ => remedy.Text,
    };

    /// <summary>Option of <c>explain</c> that sets a member of the library's options.</summary>
    private static string OptionOf(string member) => member switch
    {
        "Classes" => "--class",
        "GradientWeighted" => "--gradient-weighted",
        _ => $"--{member.ToLowerInvariant()}",
    };
}
