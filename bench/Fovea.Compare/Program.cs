using Fovea.Compare;

return await CompareCommand.Create().Parse(args).InvokeAsync();
