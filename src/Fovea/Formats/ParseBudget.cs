
namespace Fovea.Formats;

/// <summary>
/// Wording of errors, and a bound on the memory that the claims of one untrusted file may cost, shared by all parts that read it.
/// Used by one thread while the file is opened.
/// </summary>
internal sealed class ParseBudget
{
    // Lists double when they grow, so that the last growth may cost as much again as all before: together at most 2 × (24 MB + the file's
    // size).
    private const long FixedAllowance = 24_000_000;

    private readonly string _remedy;
    private readonly long _allowance;
    private readonly long _atStart = GC.GetAllocatedBytesForCurrentThread();

    /// <summary>Starts to watch.</summary>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="fileLength">The file's size in bytes.</param>
    /// <param name="remedy">What to do about a damaged file of this format: a whole sentence.</param>
    public ParseBudget(string path, long fileLength, string remedy)
    {
        Path = path;
        _allowance = FixedAllowance + fileLength;
        _remedy = remedy;
    }

    /// <summary>The file's name.</summary>
    public string Path { get; }

    /// <summary>The error of a file that is damaged or lies.</summary>
    /// <param name="problem">What is wrong and where, without a final full stop.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public InvalidFileException Damaged(string problem, Exception? cause = null) => new(Path, problem, _remedy, cause);

    /// <summary>Throws when the objects built from the file take more memory than a file of its size needs.</summary>
    /// <param name="upcoming">The bytes about to be allocated.</param>
    public void CheckAllocation(long upcoming = 0)
    {
        if (GC.GetAllocatedBytesForCurrentThread() - _atStart + upcoming > _allowance)
        {
            throw Damaged(
                $"what it describes takes more than {_allowance / 1_000_000} MB of memory beside the weights, far more than a file of "
                    + "its size needs");
        }
    }
}
