using Fovea.Engine.Compile.Passes;

namespace Fovea.Onnx.Passes;

/// <summary>
/// A pass that puts one value in the place of a node's result. Constants are left alone: they are computed when the file is written.
/// </summary>
internal abstract class Fusion : GraphRewriter
{
    /// <inheritdoc/>
    protected sealed override void Rewrite(Node node)
    {
        if (!Uses.IsConstant(node.Outputs[0]) && Replace(node) is Value replacement)
        {
            Map(node.Outputs[0], replacement);
        }
        else
        {
            Copy(node);
        }
    }

    /// <summary>Builds the value of the new graph that replaces a node's only result; null where the node stays as it is.</summary>
    protected abstract Value? Replace(Node node);

    /// <summary>True for a constant vector with one element per channel.</summary>
    protected bool IsVector(Value value, int channels) => Uses.IsConstant(value) && value.Shape.Rank == 1 && value.Shape[0] == channels;
}
