using System.Globalization;
using BenchmarkDotNet.Running;
using Fovea.Benchmarks;

if (args is ["quick", ..])
{
    QuickTable.Print();
    return;
}

if (args is ["load", ..])
{
    LoadTable.Print(args.Length > 1 ? args[1] : "crossformer_b");
    return;
}

if (args is ["load-images", ..])
{
    ImageLoadTable.Print();
    return;
}

if (args is ["ranks", ..])
{
    // Open MPI's pseudo-terminals.
    Environment.SetEnvironmentVariable("TERM", "dumb");
    int batch = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 0;
    RankTable.Print(args.Length > 1 ? args[1] : "cmt_s", batch);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(QuickTable).Assembly).Run(args);
