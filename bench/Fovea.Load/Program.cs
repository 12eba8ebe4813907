using Fovea.Load;

try
{
    return await LoadCommand.Create().Parse(args).InvokeAsync();
}
catch (LoadException error)
{
    await Console.Error.WriteLineAsync($"bench/serve: {error.Message}");
    return 2;
}
