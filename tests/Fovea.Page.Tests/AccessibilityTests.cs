using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Fovea.Page.Tests;

/// <summary>The page for everybody: names, contrast and order by axe; the keyboard alone; phones.</summary>
public sealed class AccessibilityTests(ServedPage served) : PageTests
{
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_nothing_wrong(ColorScheme colors)
    {
        await using OpenPage page = await served.OpenAsync(
            new() { ColorScheme = colors, ReducedMotion = ReducedMotion.Reduce, ViewportSize = new() { Width = 1280, Height = 820 } });
        await Expect(page.Choice("Model")).ToBeVisibleAsync();
        await CheckAsync(page);
        await page.Button("Compare").ClickAsync();
        await page.TakeSampleAsync("blood cells");
        await Expect(page.Bars).ToHaveCountAsync(10);
        await page.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^RBC") }).ClickAsync();
        await CheckAsync(page);
    }

    [Fact]
    public async Task The_keyboard_is_enough_to_ask_and_to_read()
    {
        await using OpenPage page = await served.OpenAsync();
        await Expect(page.Choice("Model")).ToBeVisibleAsync();
        string[] expected = ["Skip to the answers", "Compare", "API", "Choose a picture", "Paste", "Camera", "Sample: blood cells"];
        foreach (string name in expected)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            Assert.Equal(name, await page.Page.EvaluateAsync<string>(
                "() => document.activeElement.querySelector('img')?.alt ?? document.activeElement.textContent.trim()"));
        }

        await page.Page.Keyboard.PressAsync("Enter");
        await page.UntilAnsweredAsync();
        int usual = await page.Objects.CountAsync();
        await page.Choice("Threshold").FocusAsync();
        await page.Page.Keyboard.PressAsync("Home");

        Assert.True(await page.Objects.CountAsync() > usual, "the lowest threshold shows more objects");
        await Expect(page.Choice("Threshold")).ToHaveAttributeAsync("aria-valuetext", "0.05");
    }

    [Theory]
    [InlineData(320, "blood cells")]
    [InlineData(390, "a truck")]
    public async Task A_phone_shows_everything_without_scrolling_sideways(int width, string sample)
    {
        await using OpenPage page = await served.OpenAsync(
            new() { ViewportSize = new() { Width = width, Height = 700 }, IsMobile = true, HasTouch = true });
        await page.Button("Compare").TapAsync();

        await page.TakeSampleAsync(sample);

        Assert.Equal(width, await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
    }

    private static async Task CheckAsync(OpenPage page)
    {
        AxeResult result = await page.Page.RunAxe();
        string[] wrong =
        [
            .. from rule in result.Violations
               from node in rule.Nodes
               select $"{rule.Id}: {rule.Help}: {node.Html}",
        ];
        Assert.Empty(wrong);
    }
}
