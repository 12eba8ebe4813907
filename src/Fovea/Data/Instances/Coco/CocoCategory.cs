namespace Fovea.Data;

/// <summary>Class of a COCO file; the ids of a file may have gaps.</summary>
/// <param name="Id">Number by which annotations name it.</param>
/// <param name="Name">Name of the class.</param>
public sealed record CocoCategory(long Id, string Name);
