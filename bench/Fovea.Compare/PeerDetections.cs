namespace Fovea.Compare;

/// <summary>Detections of the peer in an image, surest first.</summary>
/// <param name="Boxes">x1, y1, x2, y2 of each object in pixels of the image.</param>
/// <param name="Scores">Score of each.</param>
/// <param name="Labels">Label of each as the network counts them.</param>
/// <param name="Masks">Pixels of each, row by row, eight to a byte; none where the network gives no masks.</param>
internal sealed record PeerDetections(float[][] Boxes, float[] Scores, int[] Labels, byte[][] Masks);
