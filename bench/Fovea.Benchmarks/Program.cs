using BenchmarkDotNet.Running;
using Fovea.Benchmarks;

if (args is ["quick", ..])
{
    QuickTable.Print();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(QuickTable).Assembly).Run(args);
