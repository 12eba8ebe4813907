namespace Fovea.Reference;

/// <summary>Multi-head attention on token lists and its gradient, one head of one batch entry after another.</summary>
internal static class Attentions
{
    /// <summary>Softmax over keys of (scale · q·kᵀ + addends), times v; and the logarithm of each row's sum of exponentials.</summary>
    public static void Forward(NodeRun run)
    {
        Geometry geometry = new(run, (Attention)run.Node.Operation);
        float[] value = run.In(2);
        foreach ((int batch, int head) in geometry.Maps)
        {
            for (int n = 0; n < geometry.Queries; n++)
            {
                (double[] probabilities, double logSum) = geometry.Softmax(batch, head, n);
                run.Out(1)[geometry.Row(batch, head, n)] = (float)logSum;
                for (int e = 0; e < geometry.ValueWidth; e++)
                {
                    double sum = 0;
                    for (int m = 0; m < geometry.Keys; m++)
                    {
                        sum += probabilities[m] * value[geometry.ValueIndex(batch, head, m, e)];
                    }

                    run.Out()[geometry.ResultIndex(batch, head, n, e)] = (float)sum;
                }
            }
        }
    }

    /// <summary>
    /// With probabilities P, result's gradient dO and dP = dO·vᵀ: the gradient of the scores is dS = P∘(dP − Σ P∘dP), that
    /// of v is Pᵀ·dO, of q scale·dS·k, of k scale·dSᵀ·q; an addend's is the sum of dS wherever it was added, and a table's is
    /// summed over the batch by others.
    /// </summary>
    public static void Gradient(NodeRun run)
    {
        Attention attention = ((AttentionGradient)run.Node.Operation).Forward;
        Geometry geometry = new(run, attention);
        (float[] query, float[] key, float[] value) = (run.In(0), run.In(1), run.In(2));
        float[] upstream = run.In(4 + attention.BiasOperands);
        double[][] results = [.. run.Outputs.Select(output => new double[output.Length])];
        bool table = (attention.BiasParts & AttentionBiasParts.Table) != 0;
        bool relative = (attention.BiasParts & AttentionBiasParts.Relative) != 0;
        foreach ((int batch, int head) in geometry.Maps)
        {
            for (int n = 0; n < geometry.Queries; n++)
            {
                double[] probabilities = geometry.Softmax(batch, head, n).Probabilities;
                double[] gradients = new double[geometry.Keys];
                double mean = 0;
                for (int m = 0; m < geometry.Keys; m++)
                {
                    for (int e = 0; e < geometry.ValueWidth; e++)
                    {
                        double dy = upstream[geometry.ResultIndex(batch, head, n, e)];
                        gradients[m] += dy * value[geometry.ValueIndex(batch, head, m, e)];
                        results[2][geometry.ValueIndex(batch, head, m, e)] += probabilities[m] * dy;
                    }

                    mean += probabilities[m] * gradients[m];
                }

                for (int m = 0; m < geometry.Keys; m++)
                {
                    double score = probabilities[m] * (gradients[m] - mean);
                    for (int d = 0; d < geometry.Width; d++)
                    {
                        int q = geometry.QueryIndex(batch, head, n, d);
                        int k = geometry.KeyIndex(batch, head, m, d);
                        results[0][q] += attention.Scale * score * key[k];
                        results[1][k] += attention.Scale * score * query[q];
                    }

                    if (table)
                    {
                        results[3][(geometry.Row(batch, head, n) * geometry.Keys) + m] = score;
                    }

                    if (relative)
                    {
                        (int row, int column) = geometry.RelativeIndices(batch, head, n, m);
                        results[^2][row] += score;
                        results[^1][column] += score;
                    }
                }
            }
        }

        for (int i = 0; i < results.Length; i++)
        {
            Rounding.Store(results[i], run.Out(i));
        }
    }

    /// <summary>Where heads lie in token lists, and the scores with their addends.</summary>
    private sealed class Geometry
    {
        private readonly NodeRun _run;
        private readonly Attention _attention;
        private readonly float[]? _table;
        private readonly float[]? _rows;
        private readonly float[]? _columns;
        private readonly float[]? _mask;
        private readonly int _groups;
        private readonly int _gridHeight;
        private readonly int _gridWidth;

        public Geometry(NodeRun run, Attention attention)
        {
            (_run, _attention) = (run, attention);
            int next = 3;
            if ((attention.BiasParts & AttentionBiasParts.Table) != 0)
            {
                _table = run.In(next++);
            }

            if ((attention.BiasParts & AttentionBiasParts.Relative) != 0)
            {
                // 2·extent − 1 entries for each head.
                _gridHeight = ((run.InShape(next).Last / attention.Heads) + 1) / 2;
                _rows = run.In(next++);
                _gridWidth = ((run.InShape(next).Last / attention.Heads) + 1) / 2;
                _columns = run.In(next++);
            }

            if ((attention.BiasParts & AttentionBiasParts.Mask) != 0)
            {
                _groups = run.InShape(next)[0];
                _mask = run.In(next);
            }
        }

        public int Queries => _run.InShape(0)[1];

        public int Keys => _run.InShape(1)[1];

        public int Width => _run.InShape(0)[2] / _attention.Heads;

        public int ValueWidth => _run.InShape(2)[2] / _attention.Heads;

        /// <summary>Every head of every batch entry.</summary>
        public IEnumerable<(int Batch, int Head)> Maps =>
            from batch in Enumerable.Range(0, _run.InShape(0)[0])
            from head in Enumerable.Range(0, _attention.Heads)
            select (batch, head);

        public int QueryIndex(int batch, int head, int n, int d) => (((((batch * Queries) + n) * _attention.Heads) + head) * Width) + d;

        public int KeyIndex(int batch, int head, int m, int d) => (((((batch * Keys) + m) * _attention.Heads) + head) * Width) + d;

        public int ValueIndex(int batch, int head, int m, int e) => (((((batch * Keys) + m) * _attention.Heads) + head) * ValueWidth) + e;

        public int ResultIndex(int batch, int head, int n, int e) =>
            (((((batch * Queries) + n) * _attention.Heads) + head) * ValueWidth) + e;

        /// <summary>The number of a row of scores (B, heads, N).</summary>
        public int Row(int batch, int head, int n) => (((batch * _attention.Heads) + head) * Queries) + n;

        /// <summary>The entries of relative logits that are added for a query and a key, which are cells of one grid.</summary>
        public (int Row, int Column) RelativeIndices(int batch, int head, int n, int m)
        {
            int first = (((batch * Queries) + n) * _attention.Heads) + head;
            int down = (m / _gridWidth) - (n / _gridWidth);
            int right = (m % _gridWidth) - (n % _gridWidth);
            return ((first * ((2 * _gridHeight) - 1)) + down + _gridHeight - 1, (first * ((2 * _gridWidth) - 1)) + right + _gridWidth - 1);
        }

        /// <summary>The softmax of a row of scores, and the logarithm of its sum of exponentials.</summary>
        public (double[] Probabilities, double LogSum) Softmax(int batch, int head, int n)
        {
            double[] scores = new double[Keys];
            for (int m = 0; m < scores.Length; m++)
            {
                scores[m] = Score(batch, head, n, m);
            }

            double largest = scores.Max();
            double sum = scores.Sum(score => Math.Exp(score - largest));
            return ([.. scores.Select(score => Math.Exp(score - largest) / sum)], largest + Math.Log(sum));
        }

        private double Score(int batch, int head, int n, int m)
        {
            (float[] query, float[] key) = (_run.In(0), _run.In(1));
            int q = QueryIndex(batch, head, n, 0);
            int k = KeyIndex(batch, head, m, 0);
            double product = 0;
            for (int d = 0; d < Width; d++)
            {
                product += (double)query[q + d] * key[k + d];
            }

            double score = _attention.Scale * product;
            if (_table is not null)
            {
                score += _table[(((head * Queries) + n) * Keys) + m];
            }

            if (_rows is not null && _columns is not null)
            {
                (int row, int column) = RelativeIndices(batch, head, n, m);
                score += (double)_rows[row] + _columns[column];
            }

            return score + (_mask?[(batch % _groups * Keys) + m] ?? 0);
        }
    }
}
