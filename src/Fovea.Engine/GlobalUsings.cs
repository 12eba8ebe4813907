global using Fovea.Engine.Graph;
global using Fovea.Engine.Graph.Operations;
