namespace Fovea.Engine.Tests.Kernels;

/// <summary>Attention and its gradient in double precision, one loop for each index of the definition; everything contiguous.</summary>
internal sealed class AttentionTwin(int batch, int heads, int queries, int keys, int width, int valueWidth, double scale)
{
    public double[] Output { get; } = new double[batch * queries * heads * valueWidth];

    public double[] LogSumExp { get; } = new double[batch * heads * queries];

    public double[] QueryGradient { get; } = new double[batch * queries * heads * width];

    public double[] KeyGradient { get; } = new double[batch * keys * heads * width];

    public double[] ValueGradient { get; } = new double[batch * keys * heads * valueWidth];

    public double[] ScoreGradient { get; } = new double[batch * heads * queries * keys];

    /// <summary>Fills everything; <paramref name="outputGradient"/> may be null where only the output is wanted.</summary>
    public void Run(double[] query, double[] key, double[] value, double[]? bias, double[]? outputGradient)
    {
        for (int image = 0; image < batch; image++)
        {
            for (int head = 0; head < heads; head++)
            {
                for (int row = 0; row < queries; row++)
                {
                    Row(image, head, row, query, key, value, bias, outputGradient);
                }
            }
        }
    }

    private void Row(int image, int head, int row, double[] query, double[] key, double[] value, double[]? bias, double[]? outputGradient)
    {
        int Query(int channel) => ((image * queries + row) * heads + head) * width + channel;
        int Key(int token, int channel) => ((image * keys + token) * heads + head) * width + channel;
        int Value(int token, int channel) => ((image * keys + token) * heads + head) * valueWidth + channel;
        int Result(int channel) => ((image * queries + row) * heads + head) * valueWidth + channel;
        double[] probabilities = new double[keys];
        for (int token = 0; token < keys; token++)
        {
            for (int channel = 0; channel < width; channel++)
            {
                probabilities[token] += query[Query(channel)] * key[Key(token, channel)];
            }
            probabilities[token] = probabilities[token] * scale + (bias?[(head * queries + row) * keys + token] ?? 0);
        }
        double maximum = probabilities.Max();
        double logSumExp = maximum + Math.Log(probabilities.Sum(score => Math.Exp(score - maximum)));
        LogSumExp[(image * heads + head) * queries + row] = logSumExp;
        for (int token = 0; token < keys; token++)
        {
            probabilities[token] = Math.Exp(probabilities[token] - logSumExp);
            for (int channel = 0; channel < valueWidth; channel++)
            {
                Output[Result(channel)] += probabilities[token] * value[Value(token, channel)];
            }
        }
        if (outputGradient is null)
        {
            return;
        }
        double[] gradients = new double[keys];
        for (int token = 0; token < keys; token++)
        {
            for (int channel = 0; channel < valueWidth; channel++)
            {
                gradients[token] += outputGradient[Result(channel)] * value[Value(token, channel)];
                ValueGradient[Value(token, channel)] += probabilities[token] * outputGradient[Result(channel)];
            }
        }
        double mean = probabilities.Zip(gradients, (probability, gradient) => probability * gradient).Sum();
        for (int token = 0; token < keys; token++)
        {
            double score = probabilities[token] * (gradients[token] - mean);
            ScoreGradient[((image * heads + head) * queries + row) * keys + token] = score;
            for (int channel = 0; channel < width; channel++)
            {
                QueryGradient[Query(channel)] += scale * score * key[Key(token, channel)];
                KeyGradient[Key(token, channel)] += scale * score * query[Query(channel)];
            }
        }
    }
}
