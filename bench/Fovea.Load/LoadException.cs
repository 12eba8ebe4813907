namespace Fovea.Load;

/// <summary>A measurement cannot be made, or an argument does not fit; the message says why.</summary>
/// <param name="message">What was wrong, and what to do.</param>
internal sealed class LoadException(string message) : Exception(message);
