namespace Fovea.Models;

/// <summary>Key of the plans that can stand in for each other.</summary>
/// <param name="Batch">Images in a run.</param>
/// <param name="Height">Rows of the images.</param>
/// <param name="Width">Columns of the images.</param>
/// <param name="Outputs">Name of the set of outputs, where a network has plans with several.</param>
internal readonly record struct PlanKey(int Batch, int Height, int Width, string Outputs = "");
