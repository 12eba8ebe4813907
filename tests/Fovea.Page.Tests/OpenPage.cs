using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Fovea.Page.Tests;

/// <summary>The page in a window. When it is closed, nothing may have gone wrong in its console, or to a foreign host.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _faults = [];
    private readonly List<string> _asked = [];

    public OpenPage(IBrowserContext context, IPage page, Uri server)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) => AddFault(message.Type is "error" or "warning", message.Text);
        page.PageError += (_, error) => AddFault(true, error);
        page.Request += (_, request) =>
        {
            Uri address = new(request.Url);
            AddFault(address.Scheme is not ("blob" or "data") && address.Authority != server.Authority, request.Url);
            lock (_asked)
            {
                _asked.Add(address.AbsolutePath);
            }
        };
    }

    public IPage Page { get; }

    public ILocator Bars => Page.Locator(".bar");

    public ILocator Objects => Page.GetByRole(AriaRole.List, new() { Name = "Objects" }).GetByRole(AriaRole.Listitem);

    /// <summary>True to let the page's console have errors, such as those of answers that a test makes up.</summary>
    public bool ExpectsErrors { get; init; }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Choice(string label) => Page.GetByLabel(label, new() { Exact = true });

    /// <summary>Number of requests to a task so far.</summary>
    public int Asked(string task)
    {
        lock (_asked)
        {
            return _asked.Count(path => path.EndsWith($"/{task}", StringComparison.Ordinal));
        }
    }

    /// <summary>Takes a sample and waits for the answer of every model.</summary>
    public async Task TakeSampleAsync(string what)
    {
        await Button($"Sample: {what}").ClickAsync();
        await UntilAnsweredAsync();
    }

    public async Task UntilAnsweredAsync()
    {
        await Expect(Page.Locator("[aria-busy]")).ToHaveCountAsync(0);
        await Expect(Page.Locator(".timing").First).ToContainTextAsync("batch of");
    }

    /// <summary>Share of the layer's pixels that something is drawn on, in percent.</summary>
    public Task<double> DrawnAsync() => Page.EvaluateAsync<double>(
        """
        () => {
          const layer = document.querySelector(".layer");
          const context = new OffscreenCanvas(layer.width, layer.height).getContext("2d", { willReadFrequently: true });
          context.drawImage(layer, 0, 0);
          const data = context.getImageData(0, 0, layer.width, layer.height).data;
          let drawn = 0;
          for (let i = 3; i < data.length; i += 4) { drawn += data[i] > 0; }
          return 400 * drawn / data.length;
        }
        """);

    /// <summary>The layer's pixels as text, to tell drawings apart.</summary>
    public Task<string> DrawingAsync() => Page.EvaluateAsync<string>("() => document.querySelector('.layer').toDataURL()");

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        Assert.True(ExpectsErrors || _faults.Count == 0, string.Join('\n', _faults));
    }

    private void AddFault(bool wrong, string text)
    {
        if (wrong)
        {
            lock (_faults)
            {
                _faults.Add(text);
            }
        }
    }
}
