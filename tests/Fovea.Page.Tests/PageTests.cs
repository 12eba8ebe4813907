using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Fovea.Page.Tests;

/// <summary>Base of the tests in a browser, which take no part where Chromium is not installed.</summary>
[Collection(PageCollection.Name)]
public abstract class PageTests
{
    protected PageTests() => Assert.SkipUnless(ServedPage.HasBrowser, "Debian's package chromium is not installed.");
}

/// <summary>Classes and objects of pictures.</summary>
public sealed class AnswerTests(ServedPage served) : PageTests
{
    [Fact]
    public async Task A_sample_goes_to_a_model_that_can_tell_it_and_its_class_has_the_longest_bar()
    {
        await using OpenPage page = await served.OpenAsync();
        await Expect(page.Choice("Model")).ToHaveValueAsync("bccd");

        await page.TakeSampleAsync("a ship");

        await Expect(page.Choice("Model")).ToHaveValueAsync("cifar10");
        await Expect(page.Bars).ToHaveCountAsync(10);
        await Expect(page.Bars.First).ToContainTextAsync("ship");
        double[] lengths = await page.Page.EvaluateAsync<double[]>(
            "() => [...document.querySelectorAll('.fill')].map((fill) => fill.getBoundingClientRect().width)");
        Assert.Equal(lengths.OrderDescending(), lengths);
        await Expect(page.Page.Locator(".layer")).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("ship"));
    }

    [Fact]
    public async Task Times_and_the_batch_stand_below_the_answer()
    {
        await using OpenPage page = await served.OpenAsync();

        await page.TakeSampleAsync("an airplane");

        foreach (string word in (string[])["network", "decoding", "waiting", "in all", "batch of 1"])
        {
            await Expect(page.Page.Locator(".timing")).ToContainTextAsync(word);
        }
    }

    [Fact]
    public async Task The_threshold_chooses_among_the_objects_without_asking_again()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.TakeSampleAsync("blood cells");
        int usual = await page.Objects.CountAsync();

        await page.Choice("Threshold").FillAsync("0.9");
        int sure = await page.Objects.CountAsync();
        double drawn = await page.DrawnAsync();
        await page.Choice("Threshold").FillAsync("0.1");
        int all = await page.Objects.CountAsync();

        Assert.InRange(sure, 1, usual - 1);
        Assert.True(all > usual, $"{all} objects at a low threshold, {usual} at the usual one");
        Assert.True(await page.DrawnAsync() > drawn, "more boxes are drawn at a low threshold");
        await Expect(page.Page.GetByText($"{all} objects", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Equal(1, page.Asked("detect"));
    }

    [Fact]
    public async Task A_class_can_be_hidden()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.TakeSampleAsync("blood cells");
        int all = await page.Objects.CountAsync();
        ILocator chip = page.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^WBC") });
        Assert.Equal("true", await chip.GetAttributeAsync("aria-pressed"));

        await chip.ClickAsync();

        await Expect(chip).ToHaveAttributeAsync("aria-pressed", "false");
        await Expect(page.Objects.Filter(new() { HasText = "WBC" })).ToHaveCountAsync(0);
        Assert.InRange(await page.Objects.CountAsync(), 1, all - 1);
    }

    [Fact]
    public async Task The_pointer_marks_the_object_below_it()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.TakeSampleAsync("blood cells");
        LocatorBoundingBoxResult layer = (await page.Page.Locator(".layer").BoundingBoxAsync())!;

        // The white cell: its box is about (164, 75) to (318, 208) of 640x480.
        await page.Page.Mouse.MoveAsync(layer.X + (layer.Width * 240 / 640), layer.Y + (layer.Height * 140 / 480));

        await Expect(page.Page.Locator(".marked")).ToContainTextAsync("WBC");
    }

    [Fact]
    public async Task Two_models_answer_side_by_side_and_an_address_keeps_them()
    {
        await using OpenPage page = await served.OpenAsync();

        await page.Button("Compare").ClickAsync();
        await page.TakeSampleAsync("an airplane");

        ILocator panes = page.Page.Locator(".pane");
        await Expect(panes).ToHaveCountAsync(2);
        await Expect(panes.Nth(0).GetByLabel("Threshold")).ToBeVisibleAsync();
        await Expect(panes.Nth(1).Locator(".bar").First).ToContainTextAsync("airplane");
        LocatorBoundingBoxResult[] boxes = [(await panes.Nth(0).BoundingBoxAsync())!, (await panes.Nth(1).BoundingBoxAsync())!];
        Assert.Equal(boxes[0].Y, boxes[1].Y);
        await panes.Nth(0).GetByLabel("Model").SelectOptionAsync("cifar10");
        await page.Page.ReloadAsync();
        await Expect(panes).ToHaveCountAsync(2);
        await Expect(panes.Nth(0).GetByLabel("Model")).ToHaveValueAsync("cifar10");
        await page.Button("Compare").ClickAsync();
        await Expect(panes).ToHaveCountAsync(1);
    }
}
