namespace Fovea.Tasks;

/// <summary>Class and its probability.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Probability">Probability, from 0 to 1.</param>
public readonly record struct Prediction(string Class, float Probability)
{
    /// <summary>Chooses the most probable classes, most probable first; of equals, the earlier class first.</summary>
    /// <param name="probabilities">Probability of each class.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="count">Number of classes to give at most.</param>
    public static Prediction[] Best(ReadOnlySpan<float> probabilities, IReadOnlyList<string> classes, int count)
    {
        float[] values = probabilities.ToArray();
        int[] order = new int[values.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (left, right) => values[left] != values[right] ? values[right].CompareTo(values[left]) : left.CompareTo(right));
        Prediction[] best = new Prediction[Math.Clamp(count, 0, order.Length)];
        for (int i = 0; i < best.Length; i++)
        {
            best[i] = new Prediction(classes[order[i]], values[order[i]]);
        }

        return best;
    }
}
