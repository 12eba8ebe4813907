namespace Fovea.Data;

/// <summary>Samples whose targets are of named classes, whatever their kind: of an image, of its objects, of its pixels.</summary>
public interface IDataset : ISampleSource
{
    /// <summary>Names of the classes; a label is an index into this list.</summary>
    IReadOnlyList<string> Classes { get; }
}
