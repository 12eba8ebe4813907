namespace Fovea.Cli.Terminal;

/// <summary>
/// Shows how far a long job is: one line redrawn in place where a person watches, a plain line now and then where the output goes to a
/// file. Methods may be called as often as one likes; drawing is rare.
/// </summary>
internal sealed class ProgressBar : IDisposable
{
    private const int WidestBar = 24;
    private const int NarrowestBar = 6;
    private static readonly TimeSpan _redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _plainLine = TimeSpan.FromSeconds(10);

    private readonly TextWriter _output;
    private readonly TerminalStyle _style;
    private readonly TimeProvider _clock;
    private readonly string _title;
    private readonly long _total;
    private readonly string _unit;
    private readonly long _started;
    private readonly long _first;
    private long _drawn;
    private long _done;
    private string _counters = "";
    private bool _live;
    private bool _finished;

    /// <summary>Starts a bar.</summary>
    /// <param name="output">Output to draw on: standard error.</param>
    /// <param name="style">Capabilities of the output.</param>
    /// <param name="title">Title, such as "epoch 3/20".</param>
    /// <param name="total">Number of units of the job.</param>
    /// <param name="unit">Name of a unit, such as "images".</param>
    /// <param name="done">Units that were done before, which are not the rate's.</param>
    /// <param name="clock">Measures the time; the system's clock where null.</param>
    public ProgressBar(
        TextWriter output,
        TerminalStyle style,
        string title,
        long total,
        string unit = "images",
        long done = 0,
        TimeProvider? clock = null)
    {
        _output = output;
        _style = style;
        _title = title;
        _total = Math.Max(total, 1);
        _unit = unit;
        _clock = clock ?? TimeProvider.System;
        _first = _done = Math.Clamp(done, 0, _total);
        _started = _drawn = _clock.GetTimestamp();
    }

    /// <summary>Tells how much is done.</summary>
    /// <param name="done">The units done so far.</param>
    /// <param name="counters">What else to show: name and value, such as ("loss", "0.4321").</param>
    public void Report(long done, params ReadOnlySpan<(string Name, string Value)> counters)
    {
        _done = Math.Clamp(done, 0, _total);
        if (!_finished && _clock.GetElapsedTime(_drawn) >= (_style.Interactive ? _redraw : _plainLine))
        {
            _counters = Join(counters);
            Draw();
        }
    }

    /// <summary>Draws the last state and ends the line.</summary>
    /// <param name="counters">What else to show beside the time taken.</param>
    public void Finish(params ReadOnlySpan<(string Name, string Value)> counters)
    {
        if (!_finished)
        {
            _finished = true;
            _counters = Join(counters);
            Draw();
            EndLine();
        }
    }

    /// <summary>Writes a line of text above the bar.</summary>
    public void WriteLine(string text)
    {
        if (_live)
        {
            _output.Write("\r\e[K");
        }

        _output.WriteLine(text);
        if (_live)
        {
            Draw();
        }
    }

    /// <summary>Ends the line of a bar that was not finished, such as when the job failed.</summary>
    public void Dispose()
    {
        _finished = true;
        EndLine();
    }

    private static string Join(ReadOnlySpan<(string Name, string Value)> counters)
    {
        string text = "";
        foreach ((string name, string value) in counters)
        {
            text += $"  {name} {value}";
        }

        return text;
    }

    private void Draw()
    {
        _drawn = _clock.GetTimestamp();
        TimeSpan elapsed = _clock.GetElapsedTime(_started);
        double rate = elapsed > TimeSpan.Zero ? (_done - _first) / elapsed.TotalSeconds : 0;
        string left = rate > 0 ? $"{Numbers.Duration(TimeSpan.FromSeconds(Math.Ceiling((_total - _done) / rate)))} left" : "";
        string time = _finished ? $"in {Numbers.Duration(elapsed)}" : left;
        string start = $"{(double)_done / _total * 100,3:F0} %{_counters}";
        string text = $"{start}{Speed($" {_unit}")}  {time}";
        if (!_style.Interactive)
        {
            _output.WriteLine($"{_title}  {text}".TrimEnd());
            return;
        }

        // The bar takes the room that the words leave; where that is too little, the unit goes first, then the bar.
        // The last column stays free, or some terminals would start a new line.
        int room = _style.Width - 1 - _title.Length - text.Length - 3;
        if (room < NarrowestBar)
        {
            string shorter = $"{start}{Speed("")}  {time}";
            room += text.Length - shorter.Length;
            text = shorter;
        }

        string line = room >= NarrowestBar ? $"{_title}  {Bar(Math.Min(room, WidestBar))} {text}" : $"{_title}  {text}";
        _output.Write("\r" + line[..Math.Min(line.Length, _style.Width - 1)] + "\e[K");
        _output.Flush();
        _live = true;

        string Speed(string unit) => rate > 0 ? $"  {Numbers.Count(rate)}{unit}/s" : "";
    }

    private string Bar(int width)
    {
        int inside = _style.Unicode ? width : width - 2;
        int filled = (int)(inside * _done / _total);
        return _style.Unicode
            ? new string('█', filled) + new string('░', inside - filled)
            : "[" + new string('#', filled) + new string('.', inside - filled) + "]";
    }

    private void EndLine()
    {
        if (_live)
        {
            _output.WriteLine();
            _live = false;
        }
    }
}
