using Fovea.Server;

return await ServerProgram.RunAsync(args);
