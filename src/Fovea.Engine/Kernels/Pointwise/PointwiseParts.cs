namespace Fovea.Engine.Kernels;

/// <summary>The operation of one instruction of a <see cref="PointwiseProgram"/>; a, b, c are its sources and s its immediate.</summary>
internal enum PointwiseOpcode
{
    /// <summary>a</summary>
    Copy,

    /// <summary>a + b</summary>
    Add,

    /// <summary>a − b</summary>
    Subtract,

    /// <summary>a·b</summary>
    Multiply,

    /// <summary>a / b</summary>
    Divide,

    /// <summary>max(a, b), NaN where either is NaN</summary>
    Maximum,

    /// <summary>min(a, b), NaN where either is NaN</summary>
    Minimum,

    /// <summary>1 where a = b, otherwise 0</summary>
    Equal,

    /// <summary>1 where a &gt; b, otherwise 0</summary>
    Greater,

    /// <summary>1 where a ≥ b, otherwise 0</summary>
    GreaterOrEqual,

    /// <summary>b where a &gt; 0, otherwise 0; NaN where a is NaN</summary>
    Gate,

    /// <summary>b where a is not 0, otherwise c</summary>
    Select,

    /// <summary>a·b + c, rounded once</summary>
    MultiplyAdd,

    /// <summary>a + s</summary>
    AddScalar,

    /// <summary>a·s</summary>
    MultiplyScalar,

    /// <summary>−a</summary>
    Negate,

    /// <summary>1 / a</summary>
    Reciprocal,

    /// <summary>eᵃ</summary>
    Exp,

    /// <summary>ln a</summary>
    Log,

    /// <summary>√a</summary>
    Sqrt,

    /// <summary>1 / √a</summary>
    ReciprocalSqrt,

    /// <summary>a²</summary>
    Square,

    /// <summary>a·Φ(a)</summary>
    Gelu,

    /// <summary>The derivative of <see cref="Gelu"/> at a</summary>
    GeluDerivative,

    /// <summary>max(0, a)</summary>
    Relu,

    /// <summary>1 where a &gt; 0, otherwise 0; NaN where a is NaN</summary>
    ReluDerivative,

    /// <summary>a·sigmoid(a)</summary>
    Silu,

    /// <summary>The derivative of <see cref="Silu"/> at a</summary>
    SiluDerivative,

    /// <summary>1 / (1 + e⁻ᵃ)</summary>
    Sigmoid,

    /// <summary>tanh a</summary>
    Tanh,

    /// <summary>|a|</summary>
    Abs,

    /// <summary>aˢ</summary>
    Power,
}

/// <summary>
/// One instruction: registers 0 … inputs−1 are the program's inputs, higher numbers are results, each written exactly once.
/// </summary>
/// <param name="Opcode">The operation.</param>
/// <param name="Destination">The register written.</param>
/// <param name="A">First source register.</param>
/// <param name="B">Second source register, where the operation has one.</param>
/// <param name="C">Third source register, where the operation has one.</param>
/// <param name="Immediate">
/// The scalar of <see cref="PointwiseOpcode.AddScalar"/>, <see cref="PointwiseOpcode.MultiplyScalar"/> and
/// <see cref="PointwiseOpcode.Power"/>.
/// </param>
internal sealed record PointwiseProgramInstruction(
    PointwiseOpcode Opcode, int Destination, int A, int B = 0, int C = 0, float Immediate = 0)
{
    /// <summary>The number of source registers that the operation reads (1 to 3).</summary>
    public int Sources => Opcode switch
    {
        PointwiseOpcode.MultiplyAdd or PointwiseOpcode.Select => 3,
        PointwiseOpcode.Add or PointwiseOpcode.Subtract or PointwiseOpcode.Multiply or PointwiseOpcode.Divide
            or PointwiseOpcode.Maximum or PointwiseOpcode.Minimum
            or PointwiseOpcode.Equal or PointwiseOpcode.Greater or PointwiseOpcode.GreaterOrEqual or PointwiseOpcode.Gate => 2,
        _ => 1,
    };

    /// <summary>True if the operation reads a register.</summary>
    public bool Reads(int register) =>
        A == register || (Sources > 1 && B == register) || (Sources > 2 && C == register);
}

/// <summary>The broadcast of an input of a <see cref="PointwiseProgram"/> over the iteration shape.</summary>
internal enum PointwiseBroadcast
{
    /// <summary>The input has the iteration's own shape.</summary>
    Full,

    /// <summary>A vector [columns], repeated over all rows.</summary>
    Column,

    /// <summary>One value.</summary>
    Scalar,

    /// <summary>Any strided broadcast.</summary>
    General,
}

/// <summary>An input of a <see cref="PointwiseProgram"/>.</summary>
/// <param name="Broadcast">The broadcast over the iteration shape.</param>
/// <param name="Extents">For <see cref="PointwiseBroadcast.General"/>: the iteration shape as up to 6 dimensions, outermost first.</param>
/// <param name="Strides">
/// For <see cref="PointwiseBroadcast.General"/>: the input's stride, in floats, along each dimension; 0 repeats.
/// </param>
internal readonly record struct PointwiseInput(PointwiseBroadcast Broadcast, long[]? Extents = null, long[]? Strides = null)
{
    /// <summary>An input of the iteration's own shape.</summary>
    public static PointwiseInput Full => new(PointwiseBroadcast.Full);

    /// <summary>A vector [columns].</summary>
    public static PointwiseInput Column => new(PointwiseBroadcast.Column);

    /// <summary>One value.</summary>
    public static PointwiseInput Scalar => new(PointwiseBroadcast.Scalar);

    /// <summary>A strided broadcast over the iteration shape <paramref name="extents"/> (their product is rows·columns).</summary>
    public static PointwiseInput General(long[] extents, long[] strides) => new(PointwiseBroadcast.General, extents, strides);
}

/// <summary>An output of a <see cref="PointwiseProgram"/>.</summary>
/// <param name="Register">The computed register that is written.</param>
/// <param name="SumOverRows">False: stored as an array of the iteration's shape. True: summed over all rows to a vector [columns].</param>
internal readonly record struct PointwiseOutput(int Register, bool SumOverRows)
{
    /// <summary>The register as an array of the iteration's shape.</summary>
    public static PointwiseOutput Store(int register) => new(register, false);

    /// <summary>The register summed over all rows, [columns].</summary>
    public static PointwiseOutput ColumnSum(int register) => new(register, true);
}
