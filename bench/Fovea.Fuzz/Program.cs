using Fovea.Fuzz;
using SharpFuzz;

switch (args)
{
    case ["mutate", string count, string corpus, .. string[] names]:
        return MutationRun.Run(int.Parse(count), corpus, names.Length == 0 ? FuzzTarget.All : [.. names.Select(FuzzTarget.Named)]);

    case ["afl", string name]:
        FuzzTarget target = FuzzTarget.Named(name);
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using MemoryStream copy = new();
            stream.CopyTo(copy);
            target.Try(copy.ToArray());
        });
        return 0;

    case ["replay", string name, string file]:
        Console.WriteLine(FuzzTarget.Named(name).Try(File.ReadAllBytes(file)));
        return 0;

    case ["targets"]:
        Console.WriteLine(string.Join('\n', FuzzTarget.All.Select(known => known.Name)));
        return 0;

    default:
        Console.Error.WriteLine("Usage: Fovea.Fuzz mutate COUNT CORPUS [TARGET...] | afl TARGET | replay TARGET FILE | targets");
        return 2;
}
