using Fovea.Data;

namespace Fovea.Training;

/// <summary>Object that an image really shows, as COCO's evaluation takes it.</summary>
/// <param name="ImageId">Id of the image.</param>
/// <param name="CategoryId">Id of the class.</param>
/// <param name="Box">Box in pixels.</param>
/// <param name="Area">Area in pixels, by which the object counts as small, medium or large.</param>
/// <param name="Crowd">True for many objects under one outline: what is found in it is neither right nor wrong.</param>
/// <param name="Mask">Mask, for an evaluation of masks.</param>
public sealed record CocoTruth(
    long ImageId, long CategoryId, CocoBox Box, double Area, bool Crowd = false, RunLengthMask? Mask = null);
