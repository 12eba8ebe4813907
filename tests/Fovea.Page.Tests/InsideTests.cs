using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Fovea.Page.Tests;

/// <summary>Maps, masks and segments over pictures.</summary>
public sealed class InsideTests(ServedPage served) : PageTests
{
    [Fact]
    public async Task The_map_is_that_of_the_chosen_class()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.TakeSampleAsync("a ship");
        Assert.Equal(0, await page.DrawnAsync());

        await page.Choice("Look inside").SelectOptionAsync("Grad-CAM");
        await Expect(page.Page.GetByText("what speaks for ship")).ToBeVisibleAsync();
        string ship = await page.DrawingAsync();
        await page.Page.GetByRole(AriaRole.Radio, new() { NameRegex = new("^truck") }).CheckAsync(new() { Force = true });

        await Expect(page.Page.GetByText("what speaks for truck")).ToBeVisibleAsync();
        Assert.NotEqual(ship, await page.DrawingAsync());
        Assert.Equal(100, await page.DrawnAsync());
        await page.Choice("Look inside").SelectOptionAsync("No");
        Assert.Equal(0, await page.DrawnAsync());
    }

    [Fact]
    public async Task Attention_follows_pointer_and_arrow_keys_without_asking_again()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.TakeSampleAsync("an airplane");
        await page.Choice("Look inside").SelectOptionAsync("Attention");
        ILocator layer = page.Page.Locator(".layer");
        await Expect(layer).ToHaveAttributeAsync("aria-label", new Regex("Attention"));
        int asked = page.Asked("explain");
        LocatorBoundingBoxResult box = (await layer.BoundingBoxAsync())!;

        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.1f), box.Y + (box.Height * 0.1f));
        string corner = await page.DrawingAsync();
        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.6f), box.Y + (box.Height * 0.6f));
        string middle = await page.DrawingAsync();
        await layer.FocusAsync();
        for (int i = 0; i < 10; i++)
        {
            await page.Page.Keyboard.PressAsync("ArrowLeft");
        }

        Assert.NotEqual(corner, middle);
        Assert.NotEqual(middle, await page.DrawingAsync());
        Assert.Equal(asked, page.Asked("explain"));
    }

    [Fact]
    public async Task Every_pixel_has_the_colour_of_its_class_and_a_class_can_be_hidden()
    {
        await using OpenPage page = await served.OpenAsync();
        await page.Choice("Model").SelectOptionAsync("street");
        await page.Page.Locator("#file").SetInputFilesAsync(ServedPage.PathOf("src/Fovea.Server/wwwroot/samples/truck.png"));
        await page.UntilAnsweredAsync();
        ILocator chips = page.Page.Locator(".chip");
        Assert.Equal(100, await page.DrawnAsync());

        await page.Page.Locator(".layer").HoverAsync();
        await Expect(page.Page.GetByText("Here: ")).ToBeVisibleAsync();
        await page.Choice("Opacity").FillAsync("0");
        Assert.Equal(0, await page.DrawnAsync());
        await page.Choice("Opacity").FillAsync("1");
        double share = double.Parse(
            (await chips.First.Locator(".value").TextContentAsync())!.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        await chips.First.ClickAsync();

        Assert.Equal(100 - share, await page.DrawnAsync(), tolerance: 2);
        Assert.Equal(1, page.Asked("segment"));
    }

    [Fact]
    public async Task A_mask_covers_its_own_pixels()
    {
        await using OpenPage page = await served.OpenAsync();

        // Columns 0 to 127 of 256: no zeros, then 32768 ones.
        await page.Page.RouteAsync("**/detect*", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """
                {"images":[{"image":"image","width":256,"height":256,"detections":[
                  {"class":"WBC","score":0.9,"box":[0,0,128,256],"mask":{"size":[256,256],"counts":"0PPP1PPP1"}}]}]}
                """,
        }));

        await page.Button("Compare").ClickAsync();
        await page.Button("Sample: a ship").ClickAsync();

        await Expect(page.Objects).ToHaveCountAsync(1);
        Assert.Equal(50, await page.DrawnAsync(), tolerance: 3);
    }
}
