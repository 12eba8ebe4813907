namespace Fovea.Cli.Verbs;

/// <summary><c>fovea data</c>: looks into data sets, by the verbs behind it.</summary>
internal sealed class DataVerb : Verb
{
    /// <summary>Declares the verb.</summary>
    public DataVerb()
        : base(
            "data",
            "Look into a data set: 'data check' tells what is wrong with it, 'data convert' writes its annotations in another form.",
            "fovea data check flowers.zip",
            "fovea data check coco --out sheet.png",
            "fovea data convert VOC2012 --to coco --out voc-as-coco") =>
        AddParts(new DataCheckVerb(), new DataConvertVerb());

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation) =>
        throw new UsageException("Say what to do: 'fovea data check DATA' or 'fovea data convert DATA --to FORM --out FOLDER'.");
}
