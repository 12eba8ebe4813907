using Fovea.Data;

namespace Fovea.Models;

/// <summary>What a detection was made of, which its class logits belong to: an anchor, or a proposal.</summary>
/// <param name="Index">Index of the anchor or the proposal.</param>
/// <param name="Region">Box of the proposal in pixels of the input; null for an anchor.</param>
internal sealed record DetectedRow(int Index, Box? Region = null);
