namespace Fovea.Data;

/// <summary>Position of an image's first stored row and column, numbered as in EXIF: how a camera was held.</summary>
public enum ImageOrientation
{
    /// <summary>Rows are stored from top to bottom: nothing to do.</summary>
    Upright = 1,

    /// <summary>Stored mirrored left to right.</summary>
    Mirrored = 2,

    /// <summary>Stored turned by half a circle.</summary>
    UpsideDown = 3,

    /// <summary>Stored mirrored top to bottom.</summary>
    MirroredUpsideDown = 4,

    /// <summary>Stored with rows and columns exchanged.</summary>
    Transposed = 5,

    /// <summary>Stored turned to the left: a quarter turn clockwise sets it upright.</summary>
    TurnedLeft = 6,

    /// <summary>Stored with rows and columns exchanged along the other diagonal.</summary>
    Transversed = 7,

    /// <summary>Stored turned to the right: a quarter turn anticlockwise sets it upright.</summary>
    TurnedRight = 8,
}
