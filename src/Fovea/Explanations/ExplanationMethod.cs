namespace Fovea.Explanations;

/// <summary>Method that explains an answer of a network by a map over the image.</summary>
public enum ExplanationMethod
{
    /// <summary>Attention weights of one layer: of the class token, of a point, or averaged over all points.</summary>
    Attention,

    /// <summary>Attention weights of the class tokens of a network that has one for each class (arXiv 2112.13692, figure 5).</summary>
    Classes,

    /// <summary>Attention rollout: attention weights multiplied over all layers (arXiv 2005.00928, section 3).</summary>
    Rollout,

    /// <summary>Grad-CAM: a layer's channels weighted by their mean gradients (arXiv 1610.02391, eq. 1 and 2).</summary>
    GradCam,

    /// <summary>Grad-CAM++: channels weighted by their positive gradients (arXiv 1710.11063, eq. 10 and 19).</summary>
    GradCamPlusPlus,

    /// <summary>LayerCAM: each position of a channel weighted by its own positive gradient (IEEE TIP 30, 2021, eq. 7 to 9).</summary>
    LayerCam,

    /// <summary>Integrated gradients along the way from a blank image (arXiv 1703.01365, eq. 3).</summary>
    IntegratedGradients,

    /// <summary>Loss of score where a window of the image is blanked (arXiv 1311.2901, section 4.2).</summary>
    Occlusion,
}

/// <summary>Names of methods as people write them.</summary>
public static class ExplanationMethods
{
    private static readonly OrderedDictionary<string, ExplanationMethod> _names = new()
    {
        ["attention"] = ExplanationMethod.Attention,
        ["classes"] = ExplanationMethod.Classes,
        ["rollout"] = ExplanationMethod.Rollout,
        ["grad-cam"] = ExplanationMethod.GradCam,
        ["grad-cam++"] = ExplanationMethod.GradCamPlusPlus,
        ["layer-cam"] = ExplanationMethod.LayerCam,
        ["integrated-gradients"] = ExplanationMethod.IntegratedGradients,
        ["occlusion"] = ExplanationMethod.Occlusion,
    };

    /// <summary>Names of all methods, in the order of <see cref="ExplanationMethod"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _names.Keys];

    /// <summary>Name of a method, such as <c>grad-cam</c>.</summary>
    /// <param name="method">The method.</param>
    public static string Name(this ExplanationMethod method) => Names[(int)method];

    /// <summary>Method of a name, in any case.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The method; null where there is none of the name.</returns>
    public static ExplanationMethod? Find(string name)
    {
        int index = _names.Keys.ToList().FindIndex(known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : (ExplanationMethod)index;
    }
}
