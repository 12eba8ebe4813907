namespace Fovea.Server;

/// <summary>A served model, as <c>/v1/models</c> tells it.</summary>
/// <param name="Name">Name in the address.</param>
/// <param name="Model">Registered name of the network.</param>
/// <param name="Tasks">Tasks that it does, the first its own: last words of the address.</param>
/// <param name="Height">Rows of the network's input; of a detector, of the largest.</param>
/// <param name="Width">Columns of the network's input.</param>
/// <param name="Classes">Names of the classes.</param>
internal sealed record ModelCard(
    string Name, string Model, IReadOnlyList<string> Tasks, int Height, int Width, IReadOnlyList<string> Classes)
{
    /// <summary>Describes a model.</summary>
    /// <param name="model">The model.</param>
    public static ModelCard Of(ServedModel model) => new(
        model.Name,
        model.Info.Name,
        [.. model.Runners.Select(runner => runner.Verb)],
        model.Info.Preprocessing.Height,
        model.Info.Preprocessing.Width,
        model.Info.Classes);
}

/// <summary>The served models.</summary>
/// <param name="Models">Models in the order of their names.</param>
internal sealed record ModelCards(IReadOnlyList<ModelCard> Models);
