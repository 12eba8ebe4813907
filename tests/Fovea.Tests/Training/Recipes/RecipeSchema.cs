using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Fovea.Data;
using Fovea.Training;

namespace Fovea.Tests.Training.Recipes;

/// <summary>JSON Schemas of recipes and studies, made from the records that they are read into.</summary>
internal static class RecipeSchema
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";
    private const string Training = "#/$defs/training";

    private static readonly (string Name, string Type, string Description)[] _outer =
    [
        ("description", "string", "Purpose of the recipe."),
        ("notRun", "string", "Reason why nobody ran the recipe with this library; the command says it."),
        ("data", "string", "Path of the data set, relative to this file."),
        ("validation", "string", "Path of a data set that chooses the best epoch, relative to this file."),
        ("test", "string", "Path of a data set that measures the best epoch in the end, relative to this file."),
        ("testChooses", "boolean", "True if a test part chooses the best epoch where there is no validation part."),
    ];

    /// <summary>The schema of a recipe.</summary>
    public static JsonObject OfRecipe()
    {
        JsonObject members = Members(Training);
        members.Insert(0, "$schema", Text("Path of this schema, for editors."));
        return new JsonObject
        {
            ["$schema"] = Dialect,
            ["title"] = "Recipe of a training run",
            ["type"] = "object",
            ["properties"] = members,
            ["additionalProperties"] = false,
            ["$defs"] = new JsonObject { ["training"] = OfOptions() },
        };
    }

    /// <summary>The schema of a study.</summary>
    public static JsonObject OfStudy() => new()
    {
        ["$schema"] = Dialect,
        ["title"] = "Study: a base recipe and changes of it",
        ["type"] = "object",
        ["required"] = new JsonArray("base", "changes"),
        ["properties"] = new JsonObject
        {
            ["$schema"] = Text("Path of this schema, for editors."),
            ["description"] = Text("Question that the study answers."),
            ["base"] = Entry(
                "Recipe that is changed.",
                ("recipe", Text("Path of a recipe file that the members here are laid over, relative to this file.")),
                ("seeds", Seeds("Number of seeds; their spread tells which differences count.", 3))),
            ["changes"] = new JsonObject
            {
                ["type"] = "array",
                ["minItems"] = 1,
                ["items"] = Entry(
                    "Members that are laid over the recipe of another entry.",
                    ("over", Text("Name of the earlier entry that is changed; the base where it is left out.")),
                    ("seeds", Seeds("Number of seeds.", 1))),
            },
        },
        ["additionalProperties"] = false,
    };

    private static JsonObject Entry(string description, params (string Name, JsonNode Schema)[] own)
    {
        JsonObject members = Members("recipe.schema.json" + Training);
        members.Insert(0, "name", Text("Name of the entry."));
        foreach ((string name, JsonNode schema) in own)
        {
            members[name] = schema;
        }

        return new JsonObject
        {
            ["description"] = description,
            ["type"] = "object",
            ["properties"] = members,
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject Members(string training)
    {
        JsonObject members = new(_outer.Select(member => KeyValuePair.Create<string, JsonNode?>(
            member.Name, new JsonObject { ["description"] = member.Description, ["type"] = new JsonArray(member.Type, "null") })));
        members["training"] = new JsonObject { ["$ref"] = training };
        return members;
    }

    private static JsonObject Text(string description) => new() { ["description"] = description, ["type"] = "string" };

    private static JsonObject Seeds(string description, int number) =>
        new() { ["description"] = description, ["type"] = "integer", ["minimum"] = 1, ["default"] = number };

    private static JsonNode OfOptions()
    {
        JsonNode schema = TrainingOptionsJson.Default.TrainingOptions.Options.GetJsonSchemaAsNode(
            typeof(TrainingOptions),
            new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Complete });
        Move(schema);
        return schema;
    }

    /// <summary>Adds what generated code does not know: descriptions, defaults, that no other member is allowed.</summary>
    private static JsonNode Complete(JsonSchemaExporterContext context, JsonNode generated)
    {
        JsonNode schema = context.TypeInfo.Type == typeof(Preprocessing) ? OfPreprocessing()
            : MayBeInfinite(context) ? generated
            : Number(context.TypeInfo.Type, generated);
        if (schema is not JsonObject json)
        {
            return schema;
        }

        if (json.ContainsKey("properties"))
        {
            json["additionalProperties"] = false;
        }

        if (context.PropertyInfo is JsonPropertyInfo property)
        {
            Describe(json, property.DeclaringType, PropertyName(property));
        }

        return json;
    }

    private static void Describe(JsonObject schema, Type declaring, string property)
    {
        if (SourceDocs.Of(declaring, property) is string description)
        {
            schema.Insert(0, "description", description);
        }

        object? value = Initial(declaring) is object initial ? declaring.GetProperty(property)?.GetValue(initial) : null;
        if (value is bool or int or long or ulong or float or double)
        {
            schema["default"] = JsonSerializer.SerializeToNode(value);
        }
        else if (value is Enum or string)
        {
            schema["default"] = value is Enum ? JsonNamingPolicy.CamelCase.ConvertName(value.ToString()!) : (string)value;
        }
    }

    /// <summary>A record with the initial values of its members; null where they must be given.</summary>
    private static object? Initial(Type type)
    {
        ConstructorInfo constructor = type.GetConstructors().MinBy(each => each.GetParameters().Length)!;
        ParameterInfo[] parameters = constructor.GetParameters();
        return Array.TrueForAll(parameters, parameter => parameter.HasDefaultValue)
            ? constructor.Invoke([.. parameters.Select(parameter => parameter.DefaultValue)])
            : null;
    }

    // Generated code takes the words NaN and Infinity as well, for which recipes mostly have no use.
    private static JsonNode Number(Type type, JsonNode generated)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(double) || plain == typeof(float) || plain == typeof(int) || plain == typeof(ulong)
            ? Simple(type)
            : generated;
    }

    private static bool MayBeInfinite(JsonSchemaExporterContext context) =>
        context.PropertyInfo is JsonPropertyInfo property
        && SourceDocs.Of(property.DeclaringType, PropertyName(property))?.Contains("infinity", StringComparison.Ordinal) == true;

    private static string PropertyName(JsonPropertyInfo property) => char.ToUpperInvariant(property.Name[0]) + property.Name[1..];

    private static JsonObject OfPreprocessing()
    {
        JsonObject members = [];
        foreach ((string name, _) in JsonNode.Parse(new Preprocessing().ToJson())!.AsObject())
        {
            PropertyInfo property = typeof(Preprocessing).GetProperty(char.ToUpperInvariant(name[0]) + name[1..])!;
            JsonObject schema = property.PropertyType.IsEnum ? Words(name, property.PropertyType) : Simple(property.PropertyType);
            Describe(schema, typeof(Preprocessing), property.Name);
            members[name] = schema;
        }

        return new JsonObject { ["type"] = "object", ["properties"] = members };
    }

    private static JsonObject Words(string member, Type type) => new()
    {
        ["enum"] = new JsonArray([
            .. Enum.GetNames(type)
                .Select(JsonNamingPolicy.CamelCase.ConvertName)
                .Where(word => IsTaken($$"""{ "{{member}}": "{{word}}" }"""))
                .Select(word => (JsonNode)word),
        ]),
    };

    private static bool IsTaken(string preprocessing)
    {
        try
        {
            return Preprocessing.FromJson(preprocessing) is not null;
        }
        catch (UnusableDataException)
        {
            return false;
        }
    }

    private static JsonObject Simple(Type type)
    {
        if (type == typeof(float[]))
        {
            return new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "number" } };
        }

        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        string word = plain == typeof(bool) ? "boolean" : plain == typeof(double) || plain == typeof(float) ? "number" : "integer";
        return new JsonObject { ["type"] = plain == type ? word : new JsonArray(word, "null") };
    }

    /// <summary>Lets references begin at the place that the options have in the file.</summary>
    private static void Move(JsonNode node)
    {
        foreach (JsonNode? inner in node is JsonObject json ? json.Select(member => member.Value) : node as JsonArray ?? [])
        {
            if (inner is JsonObject or JsonArray)
            {
                Move(inner);
            }
        }

        if (node is JsonObject referring && (string?)(referring["$ref"] as JsonValue) is string reference)
        {
            referring["$ref"] = reference.Replace("#", Training, StringComparison.Ordinal);
        }
    }
}
