using System.Text.Json;
using Fovea.Server.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Fovea.Page.Tests;

/// <summary>Ways in which pictures come, and what happens where one cannot be answered.</summary>
public sealed class PictureTests(ServedPage served) : PageTests
{
    private const string Give =
        """
        async (kind) => {
          const file = new File([await (await fetch("samples/truck.png")).blob()], "truck.png", { type: "image/png" });
          const data = new DataTransfer();
          data.items.add(file);
          const event = kind === "paste"
            ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
            : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
          document.body.dispatchEvent(event);
        }
        """;

    [Theory]
    [InlineData("drop")]
    [InlineData("paste")]
    public async Task A_picture_is_dropped_or_pasted(string way)
    {
        await using OpenPage page = await served.OpenAsync();
        await page.Choice("Model").SelectOptionAsync("cifar10");

        await page.Page.EvaluateAsync(Give, way);

        await Expect(page.Bars.First).ToContainTextAsync("truck");
    }

    [Fact]
    public async Task A_picture_is_chosen_among_files_more_than_once()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.Choice("Model").SelectOptionAsync("cifar10");
        foreach (string what in (string[])["ship", "airplane", "airplane"])
        {
            IFileChooser chooser = await page.Page.RunAndWaitForFileChooserAsync(() => page.Button("Choose a picture").ClickAsync());
            await chooser.SetFilesAsync(ServedPage.PathOf($"src/Fovea.Server/wwwroot/samples/{what}.png"));
            await Expect(page.Bars.First).ToContainTextAsync(what);
        }
    }

    [Fact]
    public async Task The_clipboard_is_read_where_the_browser_allows_it()
    {
        await using OpenPage page = await served.OpenAsync(new() { Permissions = ["clipboard-read", "clipboard-write"] });
        await page.Choice("Model").SelectOptionAsync("cifar10");
        await page.Page.EvaluateAsync(
            """
            async () => navigator.clipboard.write(
              [new ClipboardItem({ "image/png": await (await fetch("samples/ship.png")).blob() })])
            """);

        await page.Button("Paste").ClickAsync();

        await Expect(page.Bars.First).ToContainTextAsync("ship");
    }

    [Fact]
    public async Task A_camera_takes_a_picture()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.Choice("Model").SelectOptionAsync("cifar10");
        await page.Button("Camera").ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Dialog, new() { Name = "Camera" })).ToBeVisibleAsync();

        await page.Button("Take the picture").ClickAsync();

        await Expect(page.Bars).ToHaveCountAsync(10);
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_file_that_is_no_picture_is_refused_in_words()
    {
        await using OpenPage page = await served.OpenAsync();

        await page.Page.Locator("#file").SetInputFilesAsync(
            new FilePayload { Name = "thesis.pdf", MimeType = "application/pdf", Buffer = [.. "%PDF-1.7"u8] });

        await Expect(page.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("thesis.pdf");
        Assert.Equal(0, page.Asked("detect"));
        await page.TakeSampleAsync("a truck");
        await Expect(page.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task What_the_server_refuses_is_told_in_its_words_and_asked_again()
    {
        await using OpenPage page = await served.OpenAsync(expectsErrors: true);
        string problem = JsonSerializer.Serialize(new { title = "Service Unavailable", status = 503, detail = "The server is full." });
        await page.Page.RouteAsync("**/predict*", route => route.FulfillAsync(
            new() { Status = 503, ContentType = "application/problem+json", Body = problem }));
        await page.Button("Sample: a ship").ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The server is full.");
        await page.Page.UnrouteAllAsync();

        await page.Button("Try again").ClickAsync();

        await Expect(page.Bars.First).ToContainTextAsync("ship");
        await Expect(page.Button("Try again")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_server_with_keys_is_given_one()
    {
        string folder = RunningServer.NewFolder();
        string keys = Path.Combine(folder, "keys.txt");
        await File.WriteAllTextAsync(keys, "a-key-for-the-tests-of-the-page\n");
        string checkpoint = ServedPage.PathOf("models/cifar10/cmt_nano/model.safetensors");
        await using RunningServer server = await RunningServer.StartAsync(
            folder, [$"--Fovea:Checkpoints:0=cifar10={checkpoint}", $"--Fovea:ApiKeyFile={keys}"]);
        await using OpenPage page = await served.OpenAsync(server: server, expectsErrors: true);

        foreach (string key in (string[])["a-wrong-one", "a-key-for-the-tests-of-the-page"])
        {
            await page.Choice("Key").FillAsync(key);
            await page.Page.Keyboard.PressAsync("Enter");
        }

        await page.TakeSampleAsync("a ship");
        await Expect(page.Bars.First).ToContainTextAsync("ship");
    }
}
