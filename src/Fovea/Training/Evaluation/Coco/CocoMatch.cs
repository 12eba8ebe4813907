namespace Fovea.Training;

/// <summary>Match of a detection with an object.</summary>
/// <param name="Detection">Index of the detection.</param>
/// <param name="Truth">Index of the object; null where the detection found none.</param>
/// <param name="Ignored">True if the detection counts neither as right nor as wrong, as one in a crowd.</param>
internal readonly record struct CocoMatch(int Detection, int? Truth, bool Ignored);
