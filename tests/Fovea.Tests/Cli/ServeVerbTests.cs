using Fovea.Cli;

namespace Fovea.Tests.Cli;

/// <summary>What <c>fovea serve</c> refuses before it gives its process over to the server.</summary>
public sealed class ServeVerbTests
{
    [Theory]
    [InlineData("--models")]
    [InlineData("--models", "--models", "no-such-folder")]
    [InlineData("--max-batch", "cifar10/cmt_nano", "--max-batch", "0")]
    [InlineData("--concurrency", "cifar10/cmt_nano", "--concurrency", "0")]
    [InlineData("--queue", "cifar10/cmt_nano", "--queue", "0")]
    [InlineData("--api-key", "cifar10/cmt_nano", "--api-key", "no-such-file")]
    public Task What_cannot_be_served_is_wrong_usage(string named, params string[] arguments) =>
        CliRun.Fails(ExitCodes.WrongUsage, [named], ["serve", .. arguments]);

    [Theory]
    [InlineData("missing.safetensors")]
    [InlineData("name=missing.safetensors")]
    [InlineData("cifar10/cmt_nan")]
    public Task A_checkpoint_that_is_missing_is_bad_input(string checkpoint) =>
        CliRun.Fails(ExitCodes.BadInput, [checkpoint.Split('=')[^1]], "serve", checkpoint);
}
