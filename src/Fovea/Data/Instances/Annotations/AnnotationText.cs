using System.Text;

namespace Fovea.Data;

/// <summary>Texts of a container.</summary>
internal static class AnnotationText
{
    /// <summary>Reads a text.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <param name="file">The text, in UTF-8 with or without its mark.</param>
    /// <exception cref="InvalidDatasetException">The file cannot be read.</exception>
    public static string Read(IContainer container, ContainerFile file) =>
        Encoding.UTF8.GetString(ReadBytes(container, file)).TrimStart('\uFEFF');

    /// <summary>Reads a text as it is stored.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <param name="file">The text.</param>
    /// <exception cref="InvalidDatasetException">The file cannot be read.</exception>
    public static byte[] ReadBytes(IContainer container, ContainerFile file)
    {
        try
        {
            return container.Read(file);
        }
        catch (InvalidImageException error)
        {
            throw new InvalidDatasetException(error.Name, error.Message[(error.Name.Length + 2)..], error);
        }
    }

    /// <summary>The lines of a text, without spaces around them and without empty ones.</summary>
    /// <param name="text">The text.</param>
    public static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
