using System.Globalization;
using System.Text;
using System.Xml;

namespace Fovea.Data;

/// <summary>
/// Writes <c>Annotations/name.xml</c>, <c>JPEGImages/</c> and a list for each part in <c>ImageSets/Main</c>; pixels are counted from 1.
/// </summary>
/// <param name="folder">The folder of the set.</param>
internal sealed class VocWriter(string folder) : AnnotationWriter(folder)
{
    private static readonly XmlWriterSettings _settings =
        new() { Indent = true, OmitXmlDeclaration = true, Encoding = new UTF8Encoding(false) };

    private readonly StringBuilder _list = new();

    /// <inheritdoc/>
    public override bool HoldsMasks => false;

    /// <inheritdoc/>
    public override bool HoldsCrowds => true;

    /// <inheritdoc/>
    protected override string ImageFolder => "JPEGImages";

    /// <inheritdoc/>
    public override void End()
    {
        WriteBytes($"ImageSets/Main/{Part}.txt", Encoding.UTF8.GetBytes(_list.ToString()));
        _list.Clear();
    }

    /// <inheritdoc/>
    protected override void Write(string name, ImageSize size, IReadOnlyList<Instance> instances)
    {
        string stem = Path.GetFileNameWithoutExtension(name);
        _list.Append(stem).Append('\n');
        using FileStream stream = Create($"Annotations/{stem}.xml");
        using XmlWriter xml = XmlWriter.Create(stream, _settings);
        xml.WriteStartElement("annotation");
        xml.WriteElementString("folder", ImageFolder);
        xml.WriteElementString("filename", name);
        xml.WriteStartElement("size");
        xml.WriteElementString("width", Text(size.Width));
        xml.WriteElementString("height", Text(size.Height));
        xml.WriteElementString("depth", "3");
        xml.WriteEndElement();
        foreach (Instance one in instances)
        {
            xml.WriteStartElement("object");
            xml.WriteElementString("name", Classes[one.Box.Label]);
            xml.WriteElementString("difficult", one.IsCrowd ? "1" : "0");
            xml.WriteStartElement("bndbox");
            xml.WriteElementString("xmin", Text(one.Box.Left + 1));
            xml.WriteElementString("ymin", Text(one.Box.Top + 1));
            xml.WriteElementString("xmax", Text(one.Box.Right));
            xml.WriteElementString("ymax", Text(one.Box.Bottom));
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static string Text(float value) => Math.Round((double)value, 4).ToString(CultureInfo.InvariantCulture);
}
