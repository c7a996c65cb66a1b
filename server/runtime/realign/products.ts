/** Sums of matrix products AᵀB over blocks of rows, in double precision, by ONNX Runtime's own threads. */
import * as ort from 'onnxruntime-node';
import { GraphBuilder } from '../onnx/builder.ts';
import { DataType } from '../onnx/schema.ts';

export class Products {
  private readonly session: ort.InferenceSession;
  private readonly width: number;

  private constructor(session: ort.InferenceSession, width: number) {
    this.session = session;
    this.width = width;
  }

  /** For blocks of `width` columns. */
  static async create(width: number): Promise<Products> {
    const graph = new GraphBuilder();
    const double = (name: 'a' | 'b') => {
      graph.input(name, DataType.float, ['rows', width]);
      return graph.node(`${name}.double`, 'Cast', [name], { attributes: { to: DataType.double } });
    };
    graph.input('sum', DataType.double, [width, width]);
    graph.node('added', 'Gemm', [double('a'), double('b'), 'sum'], { attributes: { transA: 1 } });
    graph.output('added', DataType.double, [width, width]);
    return new Products(await ort.InferenceSession.create(graph.build('products')), width);
  }

  /** sum + AᵀB, for A and B [rows, width] and the sum [width, width]. */
  async add(a: Float32Array, b: Float32Array, sum: Float64Array): Promise<Float64Array> {
    const { width } = this;
    const rows = (values: Float32Array) => new ort.Tensor('float32', values, [values.length / width, width]);
    const { added } = await this.session.run({
      a: rows(a),
      b: rows(b),
      sum: new ort.Tensor('float64', sum, [width, width]),
    });
    return added!.data as Float64Array;
  }

  dispose(): Promise<void> {
    return this.session.release();
  }
}
