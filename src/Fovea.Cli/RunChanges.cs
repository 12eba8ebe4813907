using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Changes that a command line makes to a recipe; what is null stays as the recipe has it.</summary>
internal sealed record RunChanges
{
    /// <summary>Path of the data set.</summary>
    public string? Data { get; init; }

    /// <summary>Path of the validation set.</summary>
    public string? Validation { get; init; }

    /// <summary>Path of the test set.</summary>
    public string? Test { get; init; }

    /// <summary>Name of the model.</summary>
    public string? Model { get; init; }

    /// <summary>Path of the checkpoint to begin with.</summary>
    public string? From { get; init; }

    /// <summary>Checkpoint of a classifier whose backbone a detector begins with.</summary>
    public string? BackboneFrom { get; init; }

    /// <summary>Rows and columns of the images.</summary>
    public (int Height, int Width)? Size { get; init; }

    /// <summary>Longer side in pixels that images of a dense model do not exceed.</summary>
    public int? LongerSide { get; init; }

    /// <summary>True to mirror no images.</summary>
    public bool NoFlip { get; init; }

    /// <summary>True if the number of images in a batch was given, so that too few images for one are an error.</summary>
    public bool BatchGiven { get; init; }

    /// <summary>Sets the options of training that were given.</summary>
    public Func<TrainingOptions, TrainingOptions> Apply { get; init; } = options => options;
}
