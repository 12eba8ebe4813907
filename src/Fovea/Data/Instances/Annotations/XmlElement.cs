using System.Xml;

namespace Fovea.Data;

/// <summary>
/// An element of an XML file, without attributes. XDocument would say no more and brings megabytes into the native program.
/// </summary>
/// <param name="Name">The element's name.</param>
internal sealed record XmlElement(string Name)
{
    private const int DeepestNesting = 64;
    private static readonly XmlReaderSettings _settings =
        new() { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true };

    private readonly List<XmlElement> _children = [];
    private string _text = "";

    /// <summary>The element's own text, without white space around it.</summary>
    public string Text => _text.Trim();

    /// <summary>Reads a file's root element.</summary>
    /// <param name="text">The file's text.</param>
    /// <exception cref="XmlException">The text is not well-formed, or nested too deeply.</exception>
    public static XmlElement Parse(string text)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(text), _settings);
        reader.MoveToContent();
        XmlElement root = new(reader.LocalName);
        Stack<XmlElement> open = new([root]);
        while (open.Count > 0 && reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when open.Count == DeepestNesting:
                    throw new XmlException($"Elements are nested more than {DeepestNesting} deep");
                case XmlNodeType.Element:
                    XmlElement child = new(reader.LocalName);
                    open.Peek()._children.Add(child);
                    if (!reader.IsEmptyElement)
                    {
                        open.Push(child);
                    }

                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    open.Peek()._text += reader.Value;
                    break;
                case XmlNodeType.EndElement:
                    open.Pop();
                    break;
            }
        }

        while (reader.Read())
        {
            // What follows the root has to be well-formed, too.
        }

        return root;
    }

    /// <summary>The first child of a name; null where there is none.</summary>
    /// <param name="name">The child's name.</param>
    public XmlElement? Child(string name) => _children.Find(child => child.Name == name);

    /// <summary>Children of a name, in their order.</summary>
    /// <param name="name">The children's name.</param>
    public IEnumerable<XmlElement> Children(string name) => _children.Where(child => child.Name == name);
}
