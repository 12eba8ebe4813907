using Fovea.Compare;

return await new CompareCommand().Create().Parse(args).InvokeAsync();
