using Fovea.Formats;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>
/// Classifiers that training code put into a <c>Sequential</c> with dropout or an activation: <c>fc.1.weight</c> for <c>fc.weight</c>.
/// </summary>
internal static class WrappedHead
{
    /// <summary>
    /// Gives the tensors under the names of a head that is not wrapped, where its only linear layer is told without doubt.
    /// </summary>
    /// <param name="tensors">Tensors of a dictionary by name.</param>
    /// <param name="model">The model that they are held against.</param>
    /// <param name="scheme">Key scheme of the names.</param>
    public static IReadOnlyDictionary<string, TensorInfo> Unwrap(
        IReadOnlyDictionary<string, TensorInfo> tensors, ModelSignature model, KeyScheme scheme)
    {
        Dictionary<string, TensorInfo>? unwrapped = null;
        foreach (string official in model.Network.HeadKeys)
        {
            if (scheme.NameOf(official) is not string name || tensors.ContainsKey(name) || name.LastIndexOf('.') is not (> 0 and int dot))
            {
                continue;
            }

            string[] wrapped = [.. tensors.Keys.Where(other => IsWrapped(other, name[..dot], name[dot..]))];
            if (wrapped is [string only])
            {
                unwrapped ??= new Dictionary<string, TensorInfo>(tensors);
                unwrapped.Remove(only);
                unwrapped[name] = tensors[only];
            }
        }

        return unwrapped ?? tensors;
    }

    /// <summary>True for a name that has one number between module and tensor.</summary>
    private static bool IsWrapped(string name, string module, string tensor) =>
        name.StartsWith(module + ".", StringComparison.Ordinal)
        && name.EndsWith(tensor, StringComparison.Ordinal)
        && name.Length > module.Length + tensor.Length + 1
        && !name.AsSpan()[(module.Length + 1)..^tensor.Length].ContainsAnyExceptInRange('0', '9');
}
