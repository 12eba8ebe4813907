using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Checkpoints;

/// <summary>Models that are loaded to be compiled at once, so that weights need not be in memory beside their packed form.</summary>
internal static class CompiledCheckpoint
{
    /// <summary>
    /// Loads a model and compiles its network. Of a file that Fovea wrote, weights are packed from where they lie in it: those that a plan
    /// packs are then in memory once and not twice.
    /// </summary>
    /// <remarks>
    /// Packed weights are shared, so further plans mostly find what they need. One that needs weights in another form, such as for a batch
    /// that other kernels serve, has them read again from the file, and they stay from then on. Reading again, rather than keeping the file
    /// mapped, lets the file be overwritten or deleted after loading; who never runs a second shape does not pay for one.
    /// </remarks>
    /// <typeparam name="T">Type of what uses the model.</typeparam>
    /// <param name="path">The file, which must not be changed until this returns.</param>
    /// <param name="size">As <see cref="Checkpoint.Open(string, ValueTuple{int, int}?)"/> has it.</param>
    /// <param name="compile">Compiles plans of the model, which belongs to the result; its weights are not for others to read.</param>
    /// <exception cref="InvalidFileException">The file is broken or does not fit its model.</exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    public static T Load<T>(string path, (int Height, int Width)? size, Func<Model, T> compile)
    {
        using CheckpointFile file = CheckpointFile.Open(path);
        if (file.SafeTensors is not SafeTensorsFile own || !Checkpoint.IsOwn(own))
        {
            return CompileOrFree(CheckpointImport.Read(file, new ImportOptions(Size: size)).Model, compile);
        }

        FileState state = FileState.Of(path);
        using StagingMemory lent = new();
        return Checkpoint.Open(own, size, FillInPlace, (info, network, parameters) =>
        {
            Model model = Checkpoint.ModelOf(path, info, network, parameters);
            model.Compiler.RestoreWeights = () => Restore(parameters, path, state);
            T compiled = CompileOrFree(model, compile);
            foreach (Parameter tensor in parameters.Tensors.Values)
            {
                tensor.Variable.Unmap();
            }

            return compiled;
        });

        void FillInPlace(SafeTensorsFile _, string name, Parameter tensor) => TensorFilling.FillInPlace(own, lent, name, tensor);
    }

    private static T CompileOrFree<T>(Model model, Func<Model, T> compile)
    {
        try
        {
            return compile(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads weights again that were given up after packing.</summary>
    private static void Restore(ParameterStore parameters, string path, FileState state)
    {
        lock (parameters)
        {
            KeyValuePair<string, Parameter>[] gone = [.. parameters.Tensors.Where(tensor => tensor.Value.Variable.IsGone)];
            if (gone.Length == 0)
            {
                return;
            }

            if (!FileState.Of(path).Equals(state))
            {
                throw new InvalidFileException(
                    path,
                    "it was changed since the model was loaded, and its weights are needed again for another batch or image size",
                    "Load the model anew; one from Checkpoint.Load keeps its weights in memory.");
            }

            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            foreach ((string name, Parameter tensor) in gone)
            {
                float[] values = new float[tensor.Shape.Elements];
                TensorFilling.Read(file, name, tensor, values);
                tensor.Variable.Restore(values);
            }
        }
    }

    /// <summary>Length and time of the last change of a file, by which a change is noticed.</summary>
    private readonly record struct FileState(long Length, DateTime Changed)
    {
        public static FileState Of(string path)
        {
            FileInfo file = new(path);
            return file.Exists ? new FileState(file.Length, file.LastWriteTimeUtc) : default;
        }
    }
}
