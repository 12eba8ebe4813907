using System.Text;
using CsCheck;
using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class ClassNameTests : IDisposable
{
    // Each pair is one name as one system writes it and as another does.
    private static readonly (string Composed, string Decomposed)[] _spellings =
    [
        ("café", "cafe\u0301"), ("Ångström", "A\u030Angstro\u0308m"), ("가방", "\u1100\u1161\u1107\u1161\u11BC"),
        ("がく", "\u304B\u3099く"), ("ậ", "a\u0323\u0302"), ("tea", "tea"),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_are_the_same_however_their_letters_are_encoded()
    {
        foreach ((string composed, string decomposed) in _spellings)
        {
            Assert.Equal(decomposed, ClassNames.Key(composed));
            Assert.Equal(decomposed, ClassNames.Key(decomposed));
        }

        Assert.NotEqual(ClassNames.Key("cafe"), ClassNames.Key("café"));
    }

    [Fact]
    public void Any_text_has_a_key_and_the_key_is_its_own() =>
        Gen.String.Sample(text => ClassNames.Key(ClassNames.Key(text)) == ClassNames.Key(text));

    [Fact]
    public void Sets_of_the_same_names_match_whatever_order_and_encoding()
    {
        IImageDataset model = Set("model", "10", "9", "café");
        IImageDataset data = Set("data", "9", "cafe\u0301", "10");
        IImageDataset matched = ClassCheck.Match(["9", "10", "café"], data, "The set", "the model");
        Assert.Equal(["9", "10", "café"], matched.Classes);
        Assert.Equal(
            ["10 10/1.png", "9 9/1.png", "café cafe\u0301/1.png"],
            Enumerable.Range(0, 3).Select(i => $"{matched.Classes[matched.LabelOf(i)]} {matched.NameOf(i)}").Order(StringComparer.Ordinal));
        Assert.Same(model, ClassCheck.Match(model.Classes, model, "The set", "the model"));
        using Sample sample = new();
        sample.Start(matched.Load(0));
        matched.Describe(0, sample);
        Assert.Equal(matched.LabelOf(0), sample.Label);
    }

    [Fact]
    public void Other_classes_are_named_on_both_sides()
    {
        string message = Assert.Throws<InvalidDatasetException>(
            () => ClassCheck.Match(["ant", "bee"], Set("set", "ant", "wasp"), "The set", "the model")).Message;
        Assert.Contains("Only the set has wasp.", message, StringComparison.Ordinal);
        Assert.Contains("It lacks bee.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Common_classes_keep_the_order_that_is_expected_and_leave_out_other_images()
    {
        IImageDataset common = ClassCheck.Common(["owl", "cat", "dog"], Set("set", "ant", "cat", "owl"), "The set", "the model");
        Assert.Equal(["owl", "cat"], common.Classes);
        Assert.Equal([1, 0], Enumerable.Range(0, common.Count).Select(common.LabelOf));
        Assert.Throws<InvalidDatasetException>(() => ClassCheck.Common(["elk"], Set("set", "ant"), "The set", "the model"));
    }

    [Fact]
    public void Equal_names_are_told_apart_by_their_numbers()
    {
        Assert.Equal(["owl", "crane (1)", "elk", "crane (3)"], ClassNames.Distinct(["owl", "crane", "elk", "crane"]));
        Assert.Equal(["crane (0)", "crane (1)"], ClassNames.Distinct(["crane", "crane"]));
        Assert.Equal(["crane"], ClassNames.Duplicates(["owl", "crane", "elk", "crane"]));
    }

    [Fact]
    public void Names_told_apart_are_all_different() =>
        Gen.OneOf("a", "b", "a (0)", "a (1)", "café", "cafe\u0301").Array[0, 8].Sample(
            names => ClassNames.Duplicates(ClassNames.Distinct(names)).Count == 0);

    [Fact]
    public void Two_folders_of_the_same_name_in_other_letters_are_one_class()
    {
        if (OperatingSystem.IsLinux())
        {
            IImageDataset set = Set("set", "café", "cafe\u0301", "tea");
            Assert.Equal(2, set.Classes.Count);
            Assert.Equal([0, 0, 1], Enumerable.Range(0, 3).Select(set.LabelOf));
        }
    }

    private IImageDataset Set(string name, params string[] classes)
    {
        foreach (string item in classes)
        {
            _folder.Write($"{name}/{item}/1.png", TestData.SmallPng((byte)Encoding.UTF8.GetBytes(item)[0]));
        }

        return Datasets.Open(_folder.File(name));
    }
}
