using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Fovea.Fuzz;

namespace Fovea.Load;

/// <summary>
/// Mutations of good requests: bytes of images, of forms and of JSON; tensors whose shapes, types and lengths lie; options and names that
/// there are not. A number makes the same request whenever it is asked for.
/// </summary>
/// <param name="images">Good encoded images.</param>
internal sealed class RequestMutations(IReadOnlyList<byte[]> images)
{
    /// <summary>Name of the classifier that the requests are for.</summary>
    public const string Classifier = "classifier";

    /// <summary>Name of the detector.</summary>
    public const string Detector = "detector";

    /// <summary>Name of the segmentation network.</summary>
    public const string Segmenter = "segmenter";

    private const int Side = 32;
    private const string Boundary = "fovea-boundary";

    private static readonly string[] _tasks =
    [
        $"/v1/models/{Classifier}/predict", $"/v1/models/{Classifier}/explain", $"/v1/models/{Detector}/detect",
        $"/v1/models/{Segmenter}/segment",
    ];

    private static readonly string[] _lengths =
    [
        "0", "1", "2", "3", "16", "17", "32", "-1", "-32", "65536", "2147483647", "2147483648", "4294967296", "9223372036854775807",
        "9223372036854775808", "1e3", "1.5", "null", "\"32\"", "[32]",
    ];

    private static readonly string[] _types = ["FP32", "BYTES", "FP16", "INT64", "BOOL", "", "fp32"];

    private static readonly string[] _options =
    [
        "top=0", "top=-1", "top=99999999999", "top=x", "threshold=1", "threshold=-1", "threshold=NaN", "threshold=1e-300", "method=",
        "method=x", "method=attention&at=every", "at=1,2", "at=-1e9,1e9", "at=NaN,1", "class=0&class=0&class=1", "class=%00",
        "layer=stage1", "layer=../", "head=0", "head=4294967296", "method=rollout", "method=grad-cam&layer=stage3", "gradientWeighted=true",
    ];

    private static readonly string[] _names =
        [Classifier, Detector, Segmenter, "..", "%2e%2e%2fetc", "%00", "a b", "%F0%9F%98%80", new string('n', 500)];

    /// <summary>Makes a request.</summary>
    /// <param name="number">Its number.</param>
    public MutatedRequest Make(int number)
    {
        Random random = new(number);
        Mutations mutations = new(number, images);
        return random.Next(8) switch
        {
            0 or 1 => Plain(number, Pick(random, _tasks), mutations.Apply(Pick(random, images))),
            2 => Form(number, random, mutations),
            3 => Infer(number, random, mutations.Apply(Encoding.UTF8.GetBytes(Json(random, honest: true)))),
            4 => Infer(number, random, Encoding.UTF8.GetBytes(Json(random, honest: false))),
            5 => Binary(number, random),
            6 => Plain(number, $"{Pick(random, _tasks)}?{Pick(random, _options)}&{Pick(random, _options)}", Pick(random, images)),
            _ => Plain(number, $"/v1/models/{Pick(random, _names)}/{Pick(random, _names)}", mutations.Apply(Pick(random, images))),
        };
    }

    private static MutatedRequest Plain(int number, string address, byte[] body) =>
        new(number, address, body, new Dictionary<string, string>());

    private static MutatedRequest Infer(int number, Random random, byte[] body) =>
        Plain(number, $"/v2/models/{Pick(random, _names[..3])}/infer", body);

    private static T Pick<T>(Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    private MutatedRequest Form(int number, Random random, Mutations mutations)
    {
        using MemoryStream body = new();
        for (int parts = random.Next(1, 4); parts > 0; parts--)
        {
            body.Write(Encoding.ASCII.GetBytes(
                $"--{Boundary}\r\nContent-Disposition: form-data; name=image; filename=\"{parts}.png\"\r\n\r\n"));
            body.Write(Pick(random, images));
            body.Write("\r\n"u8);
        }

        body.Write(Encoding.ASCII.GetBytes($"--{Boundary}--\r\n"));
        string type = $"multipart/form-data; boundary={Boundary}";
        if (random.Next(4) == 0)
        {
            byte[] letters = mutations.Apply(Encoding.ASCII.GetBytes(type));
            type = new string([.. letters.Where(letter => letter is >= 32 and < 127).Select(letter => (char)letter)]);
        }

        return new(
            number, Pick(random, _tasks), mutations.Apply(body.ToArray()), new Dictionary<string, string> { ["Content-Type"] = type });
    }

    /// <summary>JSON of the protocol; one that is not honest lies in its shapes, types, names or data.</summary>
    private string Json(Random random, bool honest, string parameters = "", string? data = null)
    {
        bool encoded = random.Next(2) == 0;
        string name = !honest && random.Next(6) == 0 ? "other" : encoded ? "encoded" : "images";
        string type = !honest && random.Next(4) == 0 ? Pick(random, _types) : encoded ? "BYTES" : "FP32";
        string[] shape = encoded ? ["1"] : ["1", $"{Side}", $"{Side}", "3"];
        data ??= encoded ? $"[\"{Convert.ToBase64String(Pick(random, images))}\"]" : Numbers(random);
        for (int lies = honest ? 0 : random.Next(1, 4); lies > 0; lies--)
        {
            switch (random.Next(4))
            {
                case 0:
                    shape = [.. shape, Pick(random, _lengths)];
                    break;
                case 1 when shape.Length > 0:
                    shape = shape[1..];
                    break;
                case 2:
                    data = Pick(random, ["[]", "null", "[[[[1]]]]", "[1e39]", "[\"a\"]", "{}", "7", $"[{data},{data}]"]);
                    break;
                default:
                    shape = [.. shape.Select(length => random.Next(3) == 0 ? Pick(random, _lengths) : length)];
                    break;
            }
        }

        string outputs = random.Next(4) == 0 ? $",\"outputs\":[{{\"name\":\"{Pick(random, ["labels", "boxes", "x"])}\"}}]" : "";
        string lengths = string.Join(',', shape);
        string tensor = $$"""{"name":"{{name}}","datatype":"{{type}}","shape":[{{lengths}}]{{parameters}},"data":{{data}}}""";
        return $$"""{"id":"{{random.Next()}}","inputs":[{{tensor}}]{{outputs}}}""";
    }

    /// <summary>A tensor behind the JSON, whose length, and that of the JSON, may lie.</summary>
    private MutatedRequest Binary(int number, Random random)
    {
        float[] values = [.. Enumerable.Range(0, Side * Side * 3).Select(_ => random.NextSingle())];
        byte[] tensor = random.Next(2) == 0 ? MemoryMarshal.AsBytes<float>(values).ToArray() : Prefixed(random, Pick(random, images));
        tensor = random.Next(2) == 0 ? tensor : tensor[..random.Next(tensor.Length)];
        string size = random.Next(2) == 0 ? tensor.Length.ToString(CultureInfo.InvariantCulture) : Pick(random, _lengths);
        string parameters = $",\"parameters\":{{\"binary_data_size\":{size}}}";
        byte[] json = Encoding.UTF8.GetBytes(Json(random, random.Next(2) == 0, parameters, "null"));
        string length = random.Next(2) == 0 ? json.Length.ToString(CultureInfo.InvariantCulture) : Pick(random, _lengths).Trim('"');
        return Infer(number, random, [.. json, .. tensor]) with
        {
            Headers = new Dictionary<string, string> { ["Inference-Header-Content-Length"] = length },
        };
    }

    private static byte[] Prefixed(Random random, byte[] image) =>
        [.. BitConverter.GetBytes(random.Next(3) == 0 ? random.Next() : image.Length), .. image];

    private static string Numbers(Random random) =>
        $"[{string.Join(',', Enumerable.Range(0, Side * Side * 3).Select(_ => random.Next(-3, 4)))}]";
}
