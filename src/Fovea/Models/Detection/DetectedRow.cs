using Fovea.Data;

namespace Fovea.Models;

/// <summary>Anchor or proposal that a detection was made of, and that its class logits belong to.</summary>
/// <param name="Index">Index of the anchor or the proposal.</param>
/// <param name="Region">Box of the proposal in pixels of the input; null for an anchor.</param>
internal sealed record DetectedRow(int Index, Box? Region = null);
