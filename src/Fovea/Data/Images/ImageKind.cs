namespace Fovea.Data;

/// <summary>Kind of a file that might hold an image, as its first bytes tell.</summary>
public enum ImageKind
{
    /// <summary>Nothing that is known here.</summary>
    Unknown,

    /// <summary>No bytes at all.</summary>
    Empty,

    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG.</summary>
    Jpeg,

    /// <summary>WebP.</summary>
    WebP,

    /// <summary>Graphics Interchange Format.</summary>
    Gif,

    /// <summary>Windows bitmap.</summary>
    Bmp,

    /// <summary>Tagged Image File Format, and the raw formats of cameras that are built on it; not decoded.</summary>
    Tiff,

    /// <summary>High Efficiency Image File Format, as phones write it; not decoded.</summary>
    Heic,

    /// <summary>AV1 Image File Format; not decoded.</summary>
    Avif,

    /// <summary>JPEG XL; not decoded.</summary>
    JpegXl,

    /// <summary>JPEG 2000; not decoded.</summary>
    Jpeg2000,

    /// <summary>Windows icon or cursor; not decoded.</summary>
    Icon,

    /// <summary>Photoshop document; not decoded.</summary>
    Photoshop,

    /// <summary>Portable bitmap, graymap or pixmap; not decoded.</summary>
    Netpbm,

    /// <summary>Scalable Vector Graphics; not decoded.</summary>
    Svg,

    /// <summary>PDF document.</summary>
    Pdf,

    /// <summary>Web page, as a failed download leaves it.</summary>
    Html,

    /// <summary>Pointer of Git LFS in place of the file itself.</summary>
    GitLfsPointer,

    /// <summary>ZIP archive.</summary>
    Zip,

    /// <summary>File compressed by gzip.</summary>
    Gzip,
}
