using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Optimization;

/// <summary>
/// The orthogonal matrix U·Vᵀ nearest to a matrix U·S·Vᵀ, roughly: the iteration of Newton and Schulz with the coefficients of Muon
/// (Jordan et al., 2024), after which all singular values lie between 0.7 and 1.2 or so.
/// </summary>
/// <remarks>
/// A step X ← (a + b·X·Xᵀ + c·(X·Xᵀ)²)·X multiplies X by a polynomial of A = X·Xᵀ. All these polynomials commute, so that the iteration
/// needs A alone, and X only meets their product in the end: for wide matrices a third of the work.
/// </remarks>
internal sealed class Orthogonalization : IDisposable
{
    private const float LinearTerm = 3.4445f;
    private const float CubicTerm = -4.7750f;
    private const float QuinticTerm = 2.0315f;
    private const float Epsilon = 1e-7f;
    private const string Matrix = "matrix";
    private const string Orthogonal = "orthogonal";
    private readonly Plan _plan;

    /// <summary>Compiles the iteration.</summary>
    /// <param name="rows">Rows of the matrices.</param>
    /// <param name="columns">Columns of the matrices.</param>
    /// <param name="iterations">Steps of the iteration, at least 1.</param>
    /// <param name="pool">The threads to run on.</param>
    public Orthogonalization(int rows, int columns, int iterations, WorkerPool pool)
    {
        ComputeGraph graph = new(training: false);
        Value matrix = graph.Input(Matrix, [rows, columns]);
        Value x = matrix / ((matrix * matrix).Sum(0, 1).Sqrt() + Epsilon);

        // The smaller of X·Xᵀ and Xᵀ·X.
        bool tall = rows > columns;
        Value gram = tall ? x.MatMul(x, transposeLeft: true) : x.MatMul(x, transposeRight: true);
        Value identity = graph.Table(gram.Shape, Identity(gram.Shape[0]));
        Value? product = null;
        for (int i = 0; i < iterations; i++)
        {
            Value polynomial = (identity * LinearTerm) + (gram * CubicTerm) + (gram.MatMul(gram) * QuinticTerm);
            product = product is null ? polynomial : polynomial.MatMul(product);
            gram = polynomial.MatMul(gram).MatMul(polynomial);
        }

        graph.Output(Orthogonal, tall ? x.MatMul(product!) : product!.MatMul(x));
        _plan = Plan.Compile(graph, pool);
    }

    /// <summary>Replaces a matrix, row-major, by the orthogonal one. Allocates nothing.</summary>
    public void Apply(Span<float> matrix)
    {
        matrix.CopyTo(_plan.Input(Matrix));
        _plan.Run();
        _plan.Output(Orthogonal).CopyTo(matrix);
    }

    /// <summary>Frees the plan.</summary>
    public void Dispose() => _plan.Dispose();

    private static float[] Identity(int size)
    {
        float[] values = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            values[(i * size) + i] = 1;
        }

        return values;
    }
}
