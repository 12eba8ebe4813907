using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>A constant that runs read.</summary>
/// <param name="Buffer">Buffer that holds the constant.</param>
/// <param name="Source">Value that the constant is made of.</param>
/// <param name="Format">Form in which the value lies in the buffer; formats that are equal give the same bits.</param>
internal sealed record PlannedConstant(CpuBuffer Buffer, Value Source, string Format);

/// <summary>A buffer that aliases the memory of a variable.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Variable">The variable.</param>
/// <param name="InRuns">True if runs read it; otherwise only the constant stage does.</param>
internal sealed record PlannedVariable(CpuBuffer Buffer, Variable Variable, bool InRuns);

/// <summary>A value in a packed form.</summary>
/// <param name="Operand">The constant value.</param>
/// <param name="Format">The form.</param>
internal sealed record PackedForm(Value Operand, string Format);
